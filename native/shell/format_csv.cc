// The output mode csv, as RFC 4180 writes it: lines end in CRLF; fields with separators, quotes or
// line breaks are quoted. NULL is an empty field, the empty text "" in quotes, so that .import can
// distinguish them; with .nullvalue, text equal to it is quoted for the same reason.
#include "shell/formatter.h"
#include "shell/value_text.h"

namespace libsql::shell {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
  return out;
}

class CsvFormatter : public Formatter {
 public:
  CsvFormatter(const OutputStyle& style, std::ostream& out)
      : style_(style), separators_(separators_of(style)), out_(out) {
    special_.append(separators_.column).append(separators_.row);
  }

  void begin(const std::vector<std::string>& columns) override {
    if (!show_headers(style_)) return;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out_ << (i == 0 ? "" : separators_.column) << field(columns[i]);
    }
    out_ << separators_.row;
  }
  void row(std::span<const ValueView> values) override {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) out_ << separators_.column;
      out_ << (values[i].is_null() ? style_.null_text : field(display_text(values[i], {})));
    }
    out_ << separators_.row;
  }

 private:
  [[nodiscard]] std::string field(std::string_view text) const {
    const bool plain = !text.empty() && text != style_.null_text &&
                       text.find_first_of(special_) == std::string_view::npos;
    return plain ? std::string(text) : quoted(text);
  }

  const OutputStyle& style_;
  Separators separators_;
  std::string special_ = "\"\r\n";
  std::ostream& out_;
};

}  // namespace

std::unique_ptr<Formatter> make_csv_formatter(const OutputStyle& style, std::ostream& out) {
  return std::make_unique<CsvFormatter>(style, out);
}

}  // namespace libsql::shell
