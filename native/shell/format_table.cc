// The output mode table: framed columns as wide as their widest value, numbers to the right.
//
// Widths are measured over a portion of the rows at a time, so that a result of any size needs the
// memory of one portion: columns of a longer result can only get wider on the way down.
#include <algorithm>

#include "shell/formatter.h"
#include "shell/utf8.h"

namespace libsql::shell {
namespace {

constexpr std::size_t kPortion = 2000;

struct Cell {
  std::string text;
  bool right;
};

class TableFormatter : public Formatter {
 public:
  TableFormatter(bool headers, std::ostream& out) : headers_(headers), out_(out) {}

  void begin(const std::vector<std::string>& columns) override {
    for (const std::string& column : columns) {
      names_.push_back({printable(column), false});
      widths_.push_back(headers_ ? display_width(names_.back().text) : 0);
    }
  }

  void row(std::span<const ValueView> values) override {
    std::vector<Cell>& cells = rows_.emplace_back();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool number =
          values[i].type() == ValueType::integer || values[i].type() == ValueType::real;
      cells.push_back({printable(display_text(values[i])), number});
      widths_[i] = std::max(widths_[i], display_width(cells.back().text));
    }
    if (rows_.size() == kPortion) flush();
  }

  void end() override {
    flush();
    write_rule();
  }

 private:
  void flush() {
    if (!begun_) {
      write_rule();
      if (headers_) {
        write_cells(names_);
        write_rule();
      }
      begun_ = true;
    }
    for (const auto& cells : rows_) write_cells(cells);
    rows_.clear();
  }

  void write_rule() {
    for (const std::size_t width : widths_) out_ << '+' << std::string(width + 2, '-');
    out_ << "+\n";
  }

  void write_cells(const std::vector<Cell>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths_[i] - display_width(cells[i].text), ' ');
      if (cells[i].right) {
        out_ << "| " << padding << cells[i].text << ' ';
      } else {
        out_ << "| " << cells[i].text << padding << ' ';
      }
    }
    out_ << "|\n";
  }

  bool headers_;
  std::ostream& out_;
  std::vector<Cell> names_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<Cell>> rows_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Formatter> make_table_formatter(bool headers, std::ostream& out) {
  return std::make_unique<TableFormatter>(headers, out);
}

}  // namespace libsql::shell
