#include "hrana/json_text.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

#include "hrana/base64.h"
#include "hrana/text.h"

namespace libsql::hrana::json {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool needs_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

void append_escaped(char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  out += "\\u00";
  out += kHex[static_cast<unsigned char>(c) >> 4];
  out += kHex[static_cast<unsigned char>(c) & 15];
}

template <typename Number>
void append_chars(Number number, std::string& out) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

template <typename Number>
void append_quoted_chars(std::optional<Number> number, std::string& out) {
  if (!number) {
    out += "null";
    return;
  }
  out += '"';
  append_chars(*number, out);
  out += '"';
}

}  // namespace

void append_string(std::string_view text, std::string& out) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    out += text.substr(plain, i - plain);
    append_escaped(text[i], out);
    plain = i + 1;
  }
  out += text.substr(plain);
  out += '"';
}

void append_optional_string(const OptionalText& text, std::string& out) {
  if (text) {
    append_string(*text, out);
  } else {
    out += "null";
  }
}

void append_number(std::int64_t number, std::string& out) { append_chars(number, out); }
void append_number(std::uint64_t number, std::string& out) { append_chars(number, out); }
void append_number(double number, std::string& out) {
  const std::size_t begin = out.size();
  append_chars(number, out);
  // A reader must see a float: "-0" is an integer to some.
  if (out.find_first_of(".e", begin) == std::string::npos) out += ".0";
}

void append_quoted(std::optional<std::int64_t> number, std::string& out) {
  append_quoted_chars(number, out);
}
void append_quoted(std::optional<std::uint64_t> number, std::string& out) {
  append_quoted_chars(number, out);
}

void append_value(const ValueView& value, std::string& out) {
  switch (value.type()) {
    case ValueType::null:
      break;
    case ValueType::integer:
      out += R"({"type":"integer","value":")";
      append_number(value.integer(), out);
      out += "\"}";
      return;
    case ValueType::real:
      if (std::isnan(value.real())) break;
      out += R"({"type":"float","value":)";
      append_number(value.real(), out);
      out += '}';
      return;
    case ValueType::text:
      out += R"({"type":"text","value":)";
      append_string(value.bytes(), out);
      out += '}';
      return;
    case ValueType::blob:
      out += R"({"type":"blob","base64":")";
      append_base64(value.bytes(), out);
      out += "\"}";
      return;
  }
  out += R"({"type":"null"})";
}

std::string_view unsendable(const ValueView& value) noexcept {
  if (value.type() == ValueType::real && std::isinf(value.real())) {
    return "an infinite number cannot be sent in JSON";
  }
  if (value.type() == ValueType::text && !is_utf8_fast(value.bytes())) {
    return "a text that is not UTF-8 cannot be sent; cast it to BLOB";
  }
  return "";
}

}  // namespace libsql::hrana::json
