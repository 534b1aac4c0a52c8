// Writes the rows of a query in an output mode.
//
// One class per family of modes, each in its own file; make_formatter() chooses. All write rows
// as they arrive and buffer a bounded number of them.
#ifndef LIBSQL_SHELL_FORMATTER_H_
#define LIBSQL_SHELL_FORMATTER_H_

#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "libsql/value.h"
#include "shell/output_style.h"

namespace libsql::shell {

// Writes the result of one query: begin() once the first row or the end has been reached, row() for
// each row, then end(), or fail() if the query has failed half-way. A query that fails before its
// first row writes nothing.
class Formatter {
 public:
  Formatter() = default;
  Formatter(const Formatter&) = delete;
  Formatter& operator=(const Formatter&) = delete;
  virtual ~Formatter() = default;

  virtual void begin(const std::vector<std::string>& columns) = 0;
  virtual void row(std::span<const ValueView> values) = 0;
  virtual void end() {}
  // Ends the line that was begun. What has been written must not pass for a complete result: a
  // frame or an array stays open.
  virtual void fail() {}
};

[[nodiscard]] std::unique_ptr<Formatter> make_formatter(const OutputStyle& style,
                                                        std::ostream& out);

// `style` and `out` must outlive the formatter.
[[nodiscard]] std::unique_ptr<Formatter> make_list_formatter(const OutputStyle& style,
                                                             std::ostream& out);
// The modes table, box and markdown.
[[nodiscard]] std::unique_ptr<Formatter> make_columns_formatter(const OutputStyle& style,
                                                                std::ostream& out);
[[nodiscard]] std::unique_ptr<Formatter> make_line_formatter(const OutputStyle& style,
                                                             std::ostream& out);
[[nodiscard]] std::unique_ptr<Formatter> make_csv_formatter(const OutputStyle& style,
                                                            std::ostream& out);
[[nodiscard]] std::unique_ptr<Formatter> make_json_formatter(std::ostream& out);
[[nodiscard]] std::unique_ptr<Formatter> make_insert_formatter(const OutputStyle& style,
                                                               std::ostream& out);
[[nodiscard]] std::unique_ptr<Formatter> make_quote_formatter(const OutputStyle& style,
                                                              std::ostream& out);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_FORMATTER_H_
