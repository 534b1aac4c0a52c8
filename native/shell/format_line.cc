// The output mode line: one `name = value` a line, the names right-aligned, a blank line between
// two rows. Made for rows that are too wide for a table, so line breaks and tabs are kept; other
// control characters are shown as escapes.
#include <algorithm>

#include "shell/formatter.h"
#include "shell/utf8.h"
#include "shell/value_text.h"

namespace libsql::shell {
namespace {

constexpr std::size_t kNarrowest = 5;  // as in sqlite3

class LineFormatter : public Formatter {
 public:
  LineFormatter(const OutputStyle& style, std::ostream& out)
      : style_(style), row_separator_(separators_of(style).row), out_(out) {}

  void begin(const std::vector<std::string>& columns) override {
    std::size_t width = kNarrowest;
    for (const std::string& column : columns) {
      names_.push_back(printable(column));
      width = std::max(width, display_width(names_.back()));
    }
    for (std::string& name : names_) name.insert(0, width - display_width(name), ' ');
  }

  void row(std::span<const ValueView> values) override {
    if (!first_) out_ << row_separator_;
    first_ = false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      out_ << names_[i] << " = " << printable(display_text(values[i], style_.null_text), "\n\t")
           << row_separator_;
    }
  }

 private:
  const OutputStyle& style_;
  std::string row_separator_;
  std::ostream& out_;
  std::vector<std::string> names_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<Formatter> make_line_formatter(const OutputStyle& style, std::ostream& out) {
  return std::make_unique<LineFormatter>(style, out);
}

}  // namespace libsql::shell
