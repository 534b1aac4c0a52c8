// The output mode json: one array of objects for each query, valid JSON (RFC 8259) unless the query
// fails half-way, which leaves the array open.
//
// Values that JSON cannot express: a blob is a string of hexadecimal digits, an infinity the number
// 1e999, as in sqlite3, and malformed UTF-8 is replaced. Readers keep only one of two equal keys,
// so the second of two columns with the same name gets ":2" appended.
#include <set>

#include "libsql/sql.h"
#include "shell/formatter.h"
#include "shell/utf8.h"
#include "shell/value_text.h"

namespace libsql::shell {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

std::string json_string(std::string_view text) {
  constexpr std::string_view kShort = "\b\f\n\r\t";
  constexpr std::string_view kLetters = "bfnrt";
  std::string out = "\"";
  for (const char c : well_formed(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (const std::size_t at = kShort.find(c); at != std::string_view::npos) {
      out += {'\\', kLetters[at]};
    } else if (byte < 0x20U) {
      out += "\\u00";
      out += {kDigits[byte >> 4U], kDigits[byte & 15U]};
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

std::string json_value(const ValueView& value) {
  switch (value.type()) {
    case ValueType::null:
      return "null";
    case ValueType::integer:
    case ValueType::real:
      return sql_literal(value);
    case ValueType::text:
      return json_string(value.bytes());
    case ValueType::blob: {
      const std::string literal = quote_value(value);  // X'00ff'
      return '"' + literal.substr(2, literal.size() - 3) + '"';
    }
  }
  return "null";
}

class JsonFormatter : public Formatter {
 public:
  explicit JsonFormatter(std::ostream& out) : out_(out) {}

  void begin(const std::vector<std::string>& columns) override {
    std::set<std::string> seen;
    for (const std::string& column : columns) {
      std::string name = column;
      for (int n = 2; !seen.insert(name).second; ++n) name = column + ":" + std::to_string(n);
      keys_.push_back(json_string(name) + ":");
    }
    out_ << '[';
  }
  void row(std::span<const ValueView> values) override {
    out_ << (first_ ? "{" : ",\n{");
    first_ = false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      out_ << (i == 0 ? "" : ",") << keys_[i] << json_value(values[i]);
    }
    out_ << '}';
  }
  void end() override { out_ << "]\n"; }
  void fail() override { out_ << '\n'; }

 private:
  std::ostream& out_;
  std::vector<std::string> keys_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<Formatter> make_json_formatter(std::ostream& out) {
  return std::make_unique<JsonFormatter>(out);
}

}  // namespace libsql::shell
