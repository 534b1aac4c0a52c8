// UTF-8 after RFC 3629, section 4: no surrogates, no overlong forms.
#include "shell/utf8.h"

#include <wchar.h>

#include <array>

namespace libsql::shell {
namespace {

constexpr std::string_view kReplacementBytes = "\xEF\xBF\xBD";

struct Lead {
  std::size_t length;  // 0: not the first byte of a character
  char32_t bits;
  char32_t smallest;  // anything below is an overlong form
};

Lead read_lead(unsigned char byte) noexcept {
  if (byte < 0x80U) return {1, byte, 0};
  if (byte >= 0xC2U && byte < 0xE0U) return {2, byte & 0x1FU, 0x80};
  if (byte >= 0xE0U && byte < 0xF0U) return {3, byte & 0x0FU, 0x800};
  if (byte >= 0xF0U && byte < 0xF5U) return {4, byte & 0x07U, 0x10000};
  return {0, 0, 0};
}

bool is_scalar(char32_t character) noexcept {
  return character <= 0x10FFFF && (character < 0xD800 || character > 0xDFFF);
}

void append_control(std::string& out, char32_t character) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (character) {
    case U'\n':
      out += "\\n";
      return;
    case U'\r':
      out += "\\r";
      return;
    case U'\t':
      out += "\\t";
      return;
    default:
      out += {'\\', 'x', kDigits[(character >> 4U) & 15U], kDigits[character & 15U]};
  }
}

}  // namespace

char32_t take_character(std::string_view& text) noexcept {
  const Lead lead = read_lead(static_cast<unsigned char>(text[0]));
  char32_t character = lead.bits;
  bool valid = lead.length != 0 && lead.length <= text.size();
  for (std::size_t i = 1; valid && i < lead.length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    valid = (byte & 0xC0U) == 0x80U;
    character = (character << 6U) | (byte & 0x3FU);
  }
  valid = valid && character >= lead.smallest && is_scalar(character);
  text.remove_prefix(valid ? lead.length : 1);
  return valid ? character : kReplacement;
}

std::size_t count_characters(std::string_view text) noexcept {
  std::size_t count = 0;
  for (; !text.empty(); ++count) static_cast<void>(take_character(text));
  return count;
}

std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  while (!text.empty()) {
    const int columns = wcwidth(static_cast<wchar_t>(take_character(text)));
    width += columns < 0 ? 1 : static_cast<std::size_t>(columns);
  }
  return width;
}

std::string printable(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t character = take_character(text);
    const std::string_view bytes = before.substr(0, before.size() - text.size());
    const bool control = character < 0x20 || (character >= 0x7F && character < 0xA0);
    if (control && (bytes.size() > 1 || kept.find(bytes[0]) == std::string_view::npos)) {
      append_control(out, character);
    } else {
      out += character == kReplacement ? kReplacementBytes : bytes;
    }
  }
  return out;
}

std::string well_formed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t character = take_character(text);
    out += character == kReplacement ? kReplacementBytes
                                     : before.substr(0, before.size() - text.size());
  }
  return out;
}

}  // namespace libsql::shell
