#include "replica/record.h"

#include <charconv>

namespace libsql::replica {

namespace {

constexpr std::string_view kChecksum = "checksum ";
constexpr std::string_view kHex = "0123456789abcdef";

// FNV-1a of 64 bits, against torn and edited files; not against an attacker.
std::string checksum_of(std::string_view bytes) {
  std::uint64_t sum = 0xcbf29ce484222325U;
  for (const char byte : bytes) {
    sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  }
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4)
    hex += kHex[(sum >> static_cast<unsigned>(shift)) & 15U];
  return hex;
}

bool is_plain(char c) { return c > ' ' && c < 0x7f && c != '"' && c != '%'; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out + '"';
}

std::optional<std::string> unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  value = value.substr(1, value.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '%') {
      if (!is_plain(value[i])) return std::nullopt;
      text += value[i];
      continue;
    }
    if (i + 2 >= value.size()) return std::nullopt;
    const std::size_t high = kHex.find(value[i + 1]);
    const std::size_t low = kHex.find(value[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    text += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return text;
}

// Takes a line off the front, without its end.
std::optional<std::string_view> take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  return line;
}

}  // namespace

void Record::set(const std::string& name, std::uint64_t number) {
  values_[name] = std::to_string(number);
}
void Record::set(const std::string& name, std::string_view text) { values_[name] = quoted(text); }

std::optional<std::uint64_t> Record::number(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  const std::string& digits = found->second;
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, failed] = std::from_chars(digits.data(), end, number);
  return failed == std::errc() && stopped == end ? std::optional(number) : std::nullopt;
}

std::optional<std::string> Record::text(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::nullopt : unquoted(found->second);
}

std::string Record::encode(std::string_view first_line) const {
  std::string bytes(first_line);
  bytes += '\n';
  for (const auto& [name, value] : values_) bytes.append(name).append(" ").append(value) += '\n';
  const std::string sum = checksum_of(bytes);
  return bytes.append(kChecksum).append(sum) += '\n';
}

std::optional<Record> Record::decode(std::string_view bytes, std::string_view first_line) {
  const std::string_view whole = bytes;
  Record record;
  for (bool first = true;; first = false) {
    const std::size_t before = whole.size() - bytes.size();
    const std::optional<std::string_view> line = take_line(bytes);
    if (!line || (first && *line != first_line)) return std::nullopt;
    if (first) continue;
    if (line->starts_with(kChecksum)) {
      const bool fits = line->substr(kChecksum.size()) == checksum_of(whole.substr(0, before));
      const bool ends = bytes.find_first_not_of('\0') == std::string_view::npos;
      return fits && ends ? std::optional(record) : std::nullopt;
    }
    const std::size_t space = line->find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    record.values_[std::string(line->substr(0, space))] = line->substr(space + 1);
  }
}

}  // namespace libsql::replica
