// The output mode csv, as RFC 4180 writes it: lines end in CRLF; fields with commas, quotes or line
// breaks are quoted. NULL is an empty field, the empty text "" in quotes, so that .import can tell
// them apart.
#include "shell/formatter.h"

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

std::string field(std::string_view text) {
  const bool plain = !text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos;
  return plain ? std::string(text) : quoted(text);
}

class CsvFormatter : public Formatter {
 public:
  CsvFormatter(bool headers, std::ostream& out) : headers_(headers), out_(out) {}

  void begin(const std::vector<std::string>& columns) override {
    if (!headers_) return;
    for (std::size_t i = 0; i < columns.size(); ++i)
      out_ << (i == 0 ? "" : ",") << field(columns[i]);
    out_ << "\r\n";
  }
  void row(std::span<const ValueView> values) override {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) out_ << ',';
      if (!values[i].is_null()) out_ << field(display_text(values[i]));
    }
    out_ << "\r\n";
  }
  void end() override {}

 private:
  bool headers_;
  std::ostream& out_;
};

}  // namespace

std::unique_ptr<Formatter> make_csv_formatter(bool headers, std::ostream& out) {
  return std::make_unique<CsvFormatter>(headers, out);
}

}  // namespace libsql::shell
