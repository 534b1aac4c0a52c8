// The output modes insert and quote: rows as SQL text.
#include "libsql/sql.h"
#include "shell/dump_values.h"
#include "shell/formatter.h"
#include "shell/keywords.h"
#include "shell/value_text.h"

namespace libsql::shell {
namespace {

// One INSERT statement a row; with headers it names the columns.
class InsertFormatter : public Formatter {
 public:
  InsertFormatter(const OutputStyle& style, std::ostream& out) : style_(style), out_(out) {}

  void begin(const std::vector<std::string>& columns) override {
    start_ = "INSERT INTO " + identifier_text(style_.insert_table);
    if (show_headers(style_)) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        start_.append(i == 0 ? "(" : ",").append(identifier_text(columns[i]));
      }
      start_ += ')';
    }
    start_ += " VALUES(";
  }
  void row(std::span<const ValueView> values) override {
    out_ << start_;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool text = values[i].type() == ValueType::text;
      out_ << (i == 0 ? "" : ",")
           << (text ? text_literal(values[i].bytes()) : sql_literal(values[i]));
    }
    out_ << ");\n";
  }

 private:
  const OutputStyle& style_;
  std::ostream& out_;
  std::string start_;
};

// Literals with a separator between them; the names of the columns are text literals.
class QuoteFormatter : public Formatter {
 public:
  QuoteFormatter(const OutputStyle& style, std::ostream& out)
      : style_(style), separators_(separators_of(style)), out_(out) {}

  void begin(const std::vector<std::string>& columns) override {
    if (!show_headers(style_)) return;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out_ << (i == 0 ? "" : separators_.column) << quote_text(columns[i]);
    }
    out_ << separators_.row;
  }
  void row(std::span<const ValueView> values) override {
    for (std::size_t i = 0; i < values.size(); ++i) {
      out_ << (i == 0 ? "" : separators_.column) << sql_literal(values[i]);
    }
    out_ << separators_.row;
  }

 private:
  const OutputStyle& style_;
  Separators separators_;
  std::ostream& out_;
};

}  // namespace

std::unique_ptr<Formatter> make_insert_formatter(const OutputStyle& style, std::ostream& out) {
  return std::make_unique<InsertFormatter>(style, out);
}

std::unique_ptr<Formatter> make_quote_formatter(const OutputStyle& style, std::ostream& out) {
  return std::make_unique<QuoteFormatter>(style, out);
}

}  // namespace libsql::shell
