#include "local/registered_functions.h"

#include <locale.h>
#include <wctype.h>

#include <clocale>
#include <cstdint>
#include <cwctype>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "local/decimal.h"
#include "local/sql_function.h"
#include "vector/check.h"
#include "vector/functions.h"
#include "vector/nearest_table.h"
#include "vector/owner.h"
#include "vector/top_k.h"

namespace libsql::local {

namespace {

// --- Functions of newer engines ---

constexpr int kConcatBuiltIn = 3'044'000;

bool is_null(sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_NULL; }

void concat(sqlite3_context* context, SqlValues values) {
  std::string text;
  for (sqlite3_value* const value : values) {
    if (!is_null(value)) text += text_of(value);
  }
  return_text(context, text);
}

void concat_ws(sqlite3_context* context, SqlValues values) {
  if (values.empty() || is_null(values[0])) return;  // The result is NULL.
  std::string text;
  bool first = true;
  for (sqlite3_value* const value : values.subspan(1)) {
    if (is_null(value)) continue;
    if (!first) text += text_of(values[0]);
    text += text_of(value);
    first = false;
  }
  return_text(context, text);
}

// --- Case folding ---

// A locale whose characters are Unicode; null where the system has none.
locale_t unicode_locale() {
  static const locale_t kLocale = [] {
    for (const char* name : {"C.UTF-8", "en_US.UTF-8"}) {
      if (const locale_t found = newlocale(LC_CTYPE_MASK, name, nullptr)) return found;
    }
    return static_cast<locale_t>(nullptr);
  }();
  return kLocale;
}

char32_t lower(char32_t c) {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
  const locale_t locale = unicode_locale();
  return locale == nullptr ? c : static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), locale));
}

// The length of the UTF-8 sequence that begins with `byte`; 0 if none does.
std::size_t sequence_length(unsigned char byte) {
  if (byte < 0x80) return 1;
  if (byte >= 0xC2 && byte < 0xE0) return 2;
  if (byte >= 0xE0 && byte < 0xF0) return 3;
  return byte >= 0xF0 && byte < 0xF5 ? 4 : 0;
}

// The code point at the front of `text`, which is `length` bytes long; nothing if it is broken.
std::optional<char32_t> code_point(std::string_view text, std::size_t length) {
  if (length == 0 || length > text.size()) return std::nullopt;
  const auto first = static_cast<unsigned char>(text[0]);
  if (length == 1) return first;
  char32_t c = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return std::nullopt;
    c = (c << 6U) | (byte & 0x3FU);
  }
  return c;
}

void append_utf8(std::string& text, char32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
    return;
  }
  const unsigned trailing = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  text += static_cast<char>((0xFF00U >> (trailing + 1) & 0xFFU) | (c >> (6 * trailing)));
  for (unsigned i = trailing; i > 0; --i) {
    text += static_cast<char>(0x80U | (c >> (6 * (i - 1)) & 0x3FU));
  }
}

std::string folded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(static_cast<unsigned char>(text[0]));
    const auto c = code_point(text, length);
    if (c) {
      append_utf8(result, lower(*c));
    } else {
      result += text[0];
    }
    text.remove_prefix(c ? length : 1);
  }
  return result;
}

void fold(sqlite3_context* context, SqlValues values) {
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
  return_text(context, folded(text_of(values[0])));
}

// --- Decimals ---

void return_error(sqlite3_context* context, const std::string& message) {
  sqlite3_result_error(context, message.c_str(), static_cast<int>(message.size()));
}

// The number that `value` is; nothing, with the error set, if it is none.
std::optional<Decimal> number_of(sqlite3_context* context, sqlite3_value* value) {
  const std::string_view text = text_of(value);
  auto number = Decimal::parse(text);
  if (!number) {
    return_error(context, "not a decimal number: " + std::string(text.substr(0, 100)));
  }
  return number;
}

// Calls `calculate(left, right)`, which is false for what cannot be calculated, with the numbers
// that both arguments are, and returns `left`; NULL if either is NULL.
template <typename Calculate>
void calculate_decimals(sqlite3_context* context, SqlValues values, Calculate calculate) {
  if (is_null(values[0]) || is_null(values[1])) return;
  auto left = number_of(context, values[0]);
  if (!left) return;
  const auto right = number_of(context, values[1]);
  if (!right) return;
  if (!calculate(*left, *right)) {
    return return_error(context, "a decimal number has too many digits to be multiplied");
  }
  return_text(context, left->text());
}

void decimal_add(sqlite3_context* context, SqlValues values) {
  calculate_decimals(context, values, [](Decimal& left, const Decimal& right) {
    left.add(right);
    return true;
  });
}

void decimal_sub(sqlite3_context* context, SqlValues values) {
  calculate_decimals(context, values, [](Decimal& left, const Decimal& right) {
    left.subtract(right);
    return true;
  });
}

void decimal_mul(sqlite3_context* context, SqlValues values) {
  calculate_decimals(context, values,
                     [](Decimal& left, const Decimal& right) { return left.multiply(right); });
}

// The running total of one group or window, in memory that SQLite keeps and sets to zero first.
struct Group {
  Decimal* total;
  std::int64_t count;
};

Group* group_of(sqlite3_context* context) {
  auto* const group = static_cast<Group*>(sqlite3_aggregate_context(context, sizeof(Group)));
  if (group == nullptr) throw std::bad_alloc();
  if (group->total == nullptr) group->total = std::make_unique<Decimal>().release();
  return group;
}

void decimal_sum_step(sqlite3_context* context, SqlValues values) {
  if (is_null(values[0])) return;
  Group* const group = group_of(context);
  const auto number = number_of(context, values[0]);
  if (!number) return;
  group->total->add(*number);
  ++group->count;
}

// A row leaves the window.
void decimal_sum_inverse(sqlite3_context* context, SqlValues values) {
  if (is_null(values[0])) return;
  Group* const group = group_of(context);
  const auto number = number_of(context, values[0]);
  if (!number) return;
  group->total->subtract(*number);
  --group->count;
}

// The sum so far: NULL of no numbers.
void decimal_sum_value(sqlite3_context* context) noexcept {
  const auto* const group = static_cast<Group*>(sqlite3_aggregate_context(context, 0));
  if (group == nullptr || group->total == nullptr || group->count == 0) return;
  try {
    return_text(context, group->total->text());
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

void decimal_sum_final(sqlite3_context* context) noexcept {
  decimal_sum_value(context);
  auto* const group = static_cast<Group*>(sqlite3_aggregate_context(context, 0));
  if (group == nullptr) return;
  const std::unique_ptr<Decimal> total(group->total);
  group->total = nullptr;
}

int collate_decimals(void* /*unused*/, int left_size, const void* left, int right_size,
                     const void* right) noexcept {
  const std::string_view a(static_cast<const char*>(left), static_cast<std::size_t>(left_size));
  const std::string_view b(static_cast<const char*>(right), static_cast<std::size_t>(right_size));
  try {
    return compare_decimal_texts(a, b);
  } catch (const std::bad_alloc&) {
    return a.compare(b);  // A collation cannot report an error.
  }
}

// --- Refused functions ---

void load_extension(sqlite3_context* context, SqlValues /*values*/) {
  sqlite3_result_error(context, "not authorized", -1);
  sqlite3_result_error_code(context, SQLITE_AUTH);
}

}  // namespace

void register_functions(sqlite3* db) {
  if (sqlite3_libversion_number() < kConcatBuiltIn) {
    add_function<&concat>(db, "concat", -1);
    add_function<&concat_ws>(db, "concat_ws", -1);
  }
  for (const int arguments : {1, 2}) {
    add_function<&load_extension>(db, "load_extension", arguments);
  }
  add_function<&fold>(db, "libsql_fold", 1);
  add_function<&decimal_add>(db, "decimal_add", 2);
  add_function<&decimal_sub>(db, "decimal_sub", 2);
  add_function<&decimal_mul>(db, "decimal_mul", 2);
  check(db, sqlite3_create_window_function(db, "decimal_sum", 1, kPureFunction, nullptr,
                                           &called_by_sqlite<&decimal_sum_step>, &decimal_sum_final,
                                           &decimal_sum_value,
                                           &called_by_sqlite<&decimal_sum_inverse>, nullptr));
  check(db, sqlite3_create_collation_v2(db, "decimal", SQLITE_UTF8, nullptr, &collate_decimals,
                                        nullptr));
  check(db, vector::register_functions(db));
  check(db, vector::register_top_k(db));
  check(db, vector::register_nearest_table(db));
  check(db, vector::register_owner(db));
  check(db, vector::register_check(db));
}

}  // namespace libsql::local
