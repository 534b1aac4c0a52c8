// Literals for .dump: decimal floats where they read back exactly, else products of powers of two.
#include "shell/dump_values.h"

#include <cmath>
#include <cstdint>

#include "libsql/sql.h"
#include "shell/value_text.h"

namespace libsql::shell {
namespace {

constexpr int kMantissaBits = 53;
constexpr int kFactorBits = 62;

// A placeholder for a line break: a word that does not occur in `text`.
std::string placeholder(std::string_view text, char letter) {
  std::string word = {'\\', letter};
  for (int n = 1; text.find(word) != std::string_view::npos; ++n) {
    word = '\\' + std::to_string(n) + letter;
  }
  return word;
}

// literal -> replace(literal, 'word', char(code)), with the character replaced by the word.
void fold(std::string& text, std::string& prefix, std::string& suffix, char character,
          char letter) {
  if (text.find(character) == std::string::npos) return;
  const std::string word = placeholder(text, letter);
  std::string folded;
  for (const char c : text) {
    if (c == character) {
      folded += word;
    } else {
      folded += c;
    }
  }
  text = std::move(folded);
  prefix.insert(0, "replace(");
  suffix += ",'" + word + "',char(" + std::to_string(static_cast<int>(character)) + "))";
}

}  // namespace

std::string text_literal(std::string_view text) {
  if (text.find('\0') != std::string_view::npos || !is_utf8(text)) {
    return "CAST(" + quote_value(ValueView::blob(text)) + " AS TEXT)";
  }
  std::string folded(text);
  std::string prefix;
  std::string suffix;
  // The second placeholder is chosen when the text contains the first, so they differ.
  fold(folded, prefix, suffix, '\n', 'n');
  fold(folded, prefix, suffix, '\r', 'r');
  return prefix + quote_text(folded) + suffix;
}

std::string exact_real_literal(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  exponent -= kMantissaBits;
  std::string text =
      std::to_string(static_cast<std::int64_t>(std::ldexp(fraction, kMantissaBits))) + ".0";
  while (exponent != 0) {
    const int bits = std::min(std::abs(exponent), kFactorBits);
    text += exponent > 0 ? '*' : '/';
    text += std::to_string(std::int64_t{1} << bits) + ".0";
    exponent -= exponent > 0 ? bits : -bits;
  }
  return text;
}

Literals::Literals(Connection& connection)
    : read_back_(connection.prepare("SELECT CAST(? AS REAL)")) {}

std::string Literals::of(const ValueView& value) {
  switch (value.type()) {
    case ValueType::text:
      return text_literal(value.bytes());
    case ValueType::real:
      return checked_real(value.real());
    case ValueType::null:
    case ValueType::integer:
    case ValueType::blob:
      return quote_value(value);
  }
  return "NULL";
}

std::string Literals::checked_real(double value) {
  std::string text = real_literal(value);
  if (std::isinf(value)) return text;
  read_back_.bind(1, std::string_view(text));
  const bool exact = read_back_.step() == Step::row && read_back_.column(0).real() == value;
  read_back_.reset();
  return exact ? text : exact_real_literal(value);
}

}  // namespace libsql::shell
