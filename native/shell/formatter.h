// The output modes: how the rows of a query are written.
//
// One class per mode, each in its own file; make_formatter() chooses. All write as rows arrive and
// hold no more than a portion of the result.
#ifndef LIBSQL_SHELL_FORMATTER_H_
#define LIBSQL_SHELL_FORMATTER_H_

#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libsql/value.h"

namespace libsql::shell {

enum class Mode {
  list,      // a|b, the default of scripts
  table,     // a framed table, the default of terminals
  csv,       // RFC 4180
  json,      // an array of objects per query
  markdown,  // a table of GitHub's dialect
};

[[nodiscard]] std::string_view to_string(Mode mode) noexcept;
[[nodiscard]] std::optional<Mode> parse_mode(std::string_view name) noexcept;

// Writes the result of one query: begin(), row() for each row, end().
class Formatter {
 public:
  Formatter() = default;
  Formatter(const Formatter&) = delete;
  Formatter& operator=(const Formatter&) = delete;
  virtual ~Formatter() = default;

  virtual void begin(const std::vector<std::string>& columns) = 0;
  virtual void row(std::span<const ValueView> values) = 0;
  // Also called when a query fails half-way: what was written stays well formed.
  virtual void end() = 0;
};

// `headers` is whether the column names are written; JSON always has them.
[[nodiscard]] std::unique_ptr<Formatter> make_formatter(Mode mode, bool headers, std::ostream& out);

[[nodiscard]] std::unique_ptr<Formatter> make_list_formatter(bool headers, std::ostream& out);
[[nodiscard]] std::unique_ptr<Formatter> make_table_formatter(bool headers, std::ostream& out);
[[nodiscard]] std::unique_ptr<Formatter> make_csv_formatter(bool headers, std::ostream& out);
[[nodiscard]] std::unique_ptr<Formatter> make_json_formatter(std::ostream& out);
[[nodiscard]] std::unique_ptr<Formatter> make_markdown_formatter(std::ostream& out);

// A value as a reader expects it: numbers in digits, text as it is, a blob as X'00ff', infinities
// as Inf and -Inf, and nothing for NULL.
[[nodiscard]] std::string display_text(const ValueView& value);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_FORMATTER_H_
