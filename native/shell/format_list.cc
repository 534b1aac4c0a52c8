// The output mode list: one row a line, its values with a separator between them.
#include "shell/formatter.h"
#include "shell/value_text.h"

namespace libsql::shell {
namespace {

class ListFormatter : public Formatter {
 public:
  ListFormatter(const OutputStyle& style, std::ostream& out)
      : style_(style), separators_(separators_of(style)), out_(out) {}

  void begin(const std::vector<std::string>& columns) override {
    if (!show_headers(style_)) return;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out_ << (i == 0 ? "" : separators_.column) << columns[i];
    }
    out_ << separators_.row;
  }
  void row(std::span<const ValueView> values) override {
    for (std::size_t i = 0; i < values.size(); ++i) {
      out_ << (i == 0 ? "" : separators_.column) << display_text(values[i], style_.null_text);
    }
    out_ << separators_.row;
  }

 private:
  const OutputStyle& style_;
  Separators separators_;
  std::ostream& out_;
};

}  // namespace

std::unique_ptr<Formatter> make_list_formatter(const OutputStyle& style, std::ostream& out) {
  return std::make_unique<ListFormatter>(style, out);
}

}  // namespace libsql::shell
