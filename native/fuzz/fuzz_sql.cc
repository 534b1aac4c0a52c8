// Functions on SQL text: accept any bytes; quoting can be undone.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "core/sql_savepoint.h"
#include "fuzz/check.h"
#include "libsql/sql.h"
#include "libsql/value.h"

namespace libsql::fuzz {
namespace {

void check_text(std::string_view sql) {
  static_cast<void>(statement_kind(sql));
  static_cast<void>(core::savepoint_text(sql));
  static_cast<void>(is_utf8(sql));
  const bool complete = is_complete(sql);
  // sqlite3_complete() takes a byte order mark for a word; SQLite's parser, as we, for white space.
  const bool marked = sql.find("\xEF\xBB\xBF") != std::string_view::npos;
  if (!marked && sql.find('\0') == std::string_view::npos) {
    const bool expected = sqlite3_complete(std::string(sql).c_str()) != 0;
    check(complete == expected, "is_complete() agrees with sqlite3_complete()");
  }
}

void check_quoting(std::string_view name) {
  const auto text = core::savepoint_text("SAVEPOINT " + quote_identifier(name));
  check(text.has_value() && text->name == name, "a quoted name comes back");
  check(is_complete("SELECT " + quote_text(name) + ";"), "a quoted text is closed");
  check(is_complete("SELECT " + quote_value(ValueView::blob(name)) + ";"), "a blob is closed");
  check(statement_kind("/*" + quote_value(1) + "*/ VALUES (" + quote_text(name) + ")") ==
            StatementKind::select,
        "the verb is found before a quoted text");
}

}  // namespace
}  // namespace libsql::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  libsql::fuzz::check_text(text);
  libsql::fuzz::check_quoting(text);
  return 0;
}
