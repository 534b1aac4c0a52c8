// What `.mode`, `.headers`, `.nullvalue` and `.separator` set: how rows are written.
#ifndef LIBSQL_SHELL_OUTPUT_STYLE_H_
#define LIBSQL_SHELL_OUTPUT_STYLE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::shell {

enum class Mode {
  list,      // a|b, the default of scripts
  table,     // a table framed in ASCII, the default of terminals
  box,       // the same, framed in box-drawing characters
  markdown,  // a table of GitHub Flavored Markdown
  line,      // one `name = value` a line
  csv,       // RFC 4180
  json,      // an array of objects per query
  insert,    // INSERT statements
  quote,     // SQL literals
};

[[nodiscard]] std::string_view to_string(Mode mode) noexcept;
struct Separators {
  std::string column;
  std::string row;
};

struct OutputStyle {
  Mode mode = Mode::list;
  // Empty: on for the modes table and box, off for the others.
  std::optional<bool> headers;
  std::string null_text;
  // Empty: those of the mode.
  std::optional<Separators> separators;
  // What the mode insert inserts into.
  std::string insert_table = "table";
};

// Chooses a mode by its name, with the separators that belong to it; false if there is no such
// mode. `vertical` is another name of line; `tabs` is list with tabs between the columns.
[[nodiscard]] bool choose_mode(OutputStyle& style, std::string_view name);
// The names that choose_mode() knows, in alphabetical order.
[[nodiscard]] std::vector<std::string> mode_names();

[[nodiscard]] bool show_headers(const OutputStyle& style) noexcept;
[[nodiscard]] Separators separators_of(const OutputStyle& style);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_OUTPUT_STYLE_H_
