// Conversions between owned and borrowed values, and the check for UTF-8.
#include "libsql/value.h"

#include <cstring>

namespace libsql {
namespace {

// What the second byte of a UTF-8 sequence may be, and how many bytes follow the first.
struct Lead {
  int continuation;
  unsigned char second_min;
  unsigned char second_max;
};

// Source: RFC 3629, section 4. A continuation of -1 marks a byte that starts no sequence.
Lead lead_of(unsigned char byte) noexcept {
  if (byte < 0x80) return {0, 0, 0};
  if (byte < 0xc2) return {-1, 0, 0};
  if (byte < 0xe0) return {1, 0x80, 0xbf};
  if (byte == 0xe0) return {2, 0xa0, 0xbf};
  if (byte == 0xed) return {2, 0x80, 0x9f};
  if (byte < 0xf0) return {2, 0x80, 0xbf};
  if (byte == 0xf0) return {3, 0x90, 0xbf};
  if (byte < 0xf4) return {3, 0x80, 0xbf};
  if (byte == 0xf4) return {3, 0x80, 0x8f};
  return {-1, 0, 0};
}

// The length of the run of ASCII at the start, in steps of eight bytes: most text is nothing else.
std::size_t ascii_words(std::string_view bytes) noexcept {
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= bytes.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  return i;
}

// The length of the sequence at the start of `bytes`, which is not empty; 0 if it is malformed.
std::size_t sequence_length(std::string_view bytes) noexcept {
  const Lead lead = lead_of(static_cast<unsigned char>(bytes[0]));
  if (lead.continuation < 0) return 0;
  const auto length = static_cast<std::size_t>(lead.continuation) + 1;
  if (bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const unsigned char min = i == 1 ? lead.second_min : 0x80;
    const unsigned char max = i == 1 ? lead.second_max : 0xbf;
    if (byte < min || byte > max) return 0;
  }
  return length;
}

}  // namespace

ValueView ValueView::of(const Value& value) noexcept {
  if (const auto* const integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* const real = std::get_if<double>(&value)) return *real;
  if (const auto* const text = std::get_if<std::string>(&value)) return *text;
  if (const auto* const bytes = std::get_if<Blob>(&value)) return *bytes;
  return {};
}

Value ValueView::to_value() const {
  switch (type_) {
    case ValueType::null:
      return {};
    case ValueType::integer:
      return integer_;
    case ValueType::real:
      return real_;
    case ValueType::text:
      return std::string(bytes());
    case ValueType::blob: {
      const auto* const first = reinterpret_cast<const std::byte*>(data_);
      return Blob(first, first + size_);
    }
  }
  return {};
}

bool is_utf8(TextView text) noexcept {
  std::string_view bytes = text;
  bytes.remove_prefix(ascii_words(bytes));
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
    if (length > 1) continue;
    bytes.remove_prefix(ascii_words(bytes));
  }
  return true;
}

}  // namespace libsql
