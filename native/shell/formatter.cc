// Chooses an output mode, and the simplest of them: list.
#include "shell/formatter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "libsql/sql.h"

namespace libsql::shell {
namespace {

constexpr auto kModes = std::to_array<std::pair<Mode, std::string_view>>({
    {Mode::list, "list"},
    {Mode::table, "table"},
    {Mode::csv, "csv"},
    {Mode::json, "json"},
    {Mode::markdown, "markdown"},
});

// Values separated by a bar, one row a line.
class ListFormatter : public Formatter {
 public:
  ListFormatter(bool headers, std::ostream& out) : headers_(headers), out_(out) {}

  void begin(const std::vector<std::string>& columns) override {
    if (!headers_) return;
    for (std::size_t i = 0; i < columns.size(); ++i) out_ << (i == 0 ? "" : "|") << columns[i];
    out_ << '\n';
  }
  void row(std::span<const ValueView> values) override {
    for (std::size_t i = 0; i < values.size(); ++i) {
      out_ << (i == 0 ? "" : "|") << display_text(values[i]);
    }
    out_ << '\n';
  }
  void end() override {}

 private:
  bool headers_;
  std::ostream& out_;
};

}  // namespace

std::string_view to_string(Mode mode) noexcept {
  for (const auto& [candidate, name] : kModes) {
    if (candidate == mode) return name;
  }
  return "";
}

std::optional<Mode> parse_mode(std::string_view name) noexcept {
  for (const auto& [mode, candidate] : kModes) {
    if (candidate == name) return mode;
  }
  return std::nullopt;
}

std::unique_ptr<Formatter> make_formatter(Mode mode, bool headers, std::ostream& out) {
  switch (mode) {
    case Mode::list:
      return make_list_formatter(headers, out);
    case Mode::table:
      return make_table_formatter(headers, out);
    case Mode::csv:
      return make_csv_formatter(headers, out);
    case Mode::json:
      return make_json_formatter(out);
    case Mode::markdown:
      return make_markdown_formatter(out);
  }
  return nullptr;
}

std::unique_ptr<Formatter> make_list_formatter(bool headers, std::ostream& out) {
  return std::make_unique<ListFormatter>(headers, out);
}

std::string display_text(const ValueView& value) {
  switch (value.type()) {
    case ValueType::null:
      return {};
    case ValueType::text:
      return std::string(value.bytes());
    case ValueType::real:
      if (std::isinf(value.real())) return value.real() > 0 ? "Inf" : "-Inf";
      return quote_value(value);
    case ValueType::integer:
    case ValueType::blob:
      return quote_value(value);
  }
  return {};
}

}  // namespace libsql::shell
