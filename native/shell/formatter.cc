// Chooses the class of an output mode.
#include "shell/formatter.h"

namespace libsql::shell {

std::unique_ptr<Formatter> make_formatter(const OutputStyle& style, std::ostream& out) {
  switch (style.mode) {
    case Mode::list:
      return make_list_formatter(style, out);
    case Mode::table:
    case Mode::box:
    case Mode::markdown:
      return make_columns_formatter(style, out);
    case Mode::line:
      return make_line_formatter(style, out);
    case Mode::csv:
      return make_csv_formatter(style, out);
    case Mode::json:
      return make_json_formatter(out);
    case Mode::insert:
      return make_insert_formatter(style, out);
    case Mode::quote:
      return make_quote_formatter(style, out);
  }
  return nullptr;
}

}  // namespace libsql::shell
