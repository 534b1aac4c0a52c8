// The output mode markdown: a table of GitHub Flavored Markdown ("Tables (extension)"). Bars and
// backslashes are escaped; line breaks, which a cell cannot hold, become <br>.
#include "shell/formatter.h"
#include "shell/utf8.h"

namespace libsql::shell {
namespace {

std::string cell(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n' || c == '\r') {
      out += "<br>";
    } else if (c == '|' || c == '\\') {
      out += {'\\', c};
    } else {
      out += c;
    }
  }
  return printable(out);
}

class MarkdownFormatter : public Formatter {
 public:
  explicit MarkdownFormatter(std::ostream& out) : out_(out) {}

  void begin(const std::vector<std::string>& columns) override {
    for (const std::string& column : columns) out_ << "| " << cell(column) << ' ';
    out_ << "|\n";
    for (std::size_t i = 0; i < columns.size(); ++i) out_ << "| --- ";
    out_ << "|\n";
  }
  void row(std::span<const ValueView> values) override {
    for (const ValueView& value : values) out_ << "| " << cell(display_text(value)) << ' ';
    out_ << "|\n";
  }
  void end() override {}

 private:
  std::ostream& out_;
};

}  // namespace

std::unique_ptr<Formatter> make_markdown_formatter(std::ostream& out) {
  return std::make_unique<MarkdownFormatter>(out);
}

}  // namespace libsql::shell
