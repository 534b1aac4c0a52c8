#include "vector/column_type.h"

#include <string>

#include <sqlite3.h>

#include "vector/failure.h"

namespace libsql::vector {

namespace {

struct TypeName {
  std::string_view name;
  Element element;
};

constexpr TypeName kTypeNames[] = {
    {"F32_BLOB", Element::float32},     {"FLOAT32", Element::float32},
    {"F64_BLOB", Element::float64},     {"FLOAT64", Element::float64},
    {"F1BIT_BLOB", Element::float1bit}, {"FLOAT1BIT", Element::float1bit},
    {"F8_BLOB", Element::float8},       {"FLOAT8", Element::float8},
    {"F16_BLOB", Element::float16},     {"FLOAT16", Element::float16},
    {"FB16_BLOB", Element::floatb16},   {"FLOATB16", Element::floatb16},
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

[[noreturn]] void refuse(const char* why, std::string_view declared) {
  throw Failure(std::string("vector index: ") + why + ": " + std::string(declared));
}

std::size_t parse_dimensions(std::string_view digits, std::string_view declared) {
  std::size_t dimensions = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') {
      refuse("non digit symbol in vector column parameter", declared);
    }
    dimensions = dimensions * 10 + static_cast<std::size_t>(digit - '0');
    if (dimensions > kMaxDimensions) refuse("max vector dimension exceeded", declared);
  }
  if (dimensions == 0) refuse("vector column must have non-zero dimension for index", declared);
  return dimensions;
}

}  // namespace

ColumnType parse_column_type(std::string_view declared) {
  const std::string_view type = trimmed(declared);
  const std::size_t open = type.find('(');
  if (open != std::string_view::npos && type.back() == ')') {
    const std::string_view name = trimmed(type.substr(0, open));
    for (const TypeName& each : kTypeNames) {
      if (name.size() != each.name.size() ||
          sqlite3_strnicmp(name.data(), each.name.data(), static_cast<int>(name.size())) != 0) {
        continue;
      }
      const std::string_view digits = trimmed(type.substr(open + 1, type.size() - open - 2));
      return {each.element, parse_dimensions(digits, declared)};
    }
  }
  refuse("unexpected vector column type", declared);
}

}  // namespace libsql::vector
