// The output modes table, box and markdown: columns as wide as their widest value.
//
// Rows are buffered and measured in portions, so that memory is bounded: in a result of several
// portions, columns get wider from one portion to the next. A query that fails leaves the frame
// open at the bottom and drops the rows that are buffered.
#include <algorithm>

#include "shell/formatter.h"
#include "shell/utf8.h"
#include "shell/value_text.h"

namespace libsql::shell {
namespace {

constexpr std::size_t kPortion = 2000;

// A horizontal line: its ends, its crossings with the columns' borders, and what fills it.
struct Rule {
  std::string_view left;
  std::string_view fill;
  std::string_view cross;
  std::string_view right;
};

struct Frame {
  Rule top;     // fill is empty: there is no such line
  Rule middle;  // below the names
  Rule bottom;
  std::string_view bar;
};

constexpr Rule kNoRule{};
constexpr Rule kAsciiRule{"+", "-", "+", "+"};
constexpr Frame kTable{kAsciiRule, kAsciiRule, kAsciiRule, "|"};
constexpr Frame kBox{{"┌", "─", "┬", "┐"}, {"├", "─", "┼", "┤"}, {"└", "─", "┴", "┘"}, "│"};
constexpr Frame kMarkdown{kNoRule, {"|", "-", "|", "|"}, kNoRule, "|"};

// A cell of GitHub Flavored Markdown ("Tables (extension)"): bars and backslashes are escaped; line
// breaks, which a cell cannot contain, become <br>.
std::string markdown_cell(std::string_view text) {
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

const Frame& frame_of(Mode mode) {
  if (mode == Mode::box) return kBox;
  return mode == Mode::markdown ? kMarkdown : kTable;
}

class ColumnsFormatter : public Formatter {
 public:
  ColumnsFormatter(const OutputStyle& style, std::ostream& out)
      : style_(style),
        frame_(frame_of(style.mode)),
        headers_(show_headers(style) || style.mode == Mode::markdown),
        out_(out) {}

  void begin(const std::vector<std::string>& columns) override {
    for (const std::string& column : columns) {
      names_.push_back(cell(column));
      widths_.push_back(headers_ ? display_width(names_.back()) : 0);
    }
  }

  void row(std::span<const ValueView> values) override {
    std::vector<std::string>& cells = rows_.emplace_back();
    for (std::size_t i = 0; i < values.size(); ++i) {
      cells.push_back(cell(display_text(values[i], style_.null_text)));
      widths_[i] = std::max(widths_[i], display_width(cells.back()));
    }
    if (rows_.size() == kPortion) flush();
  }

  void end() override {
    flush();
    write_rule(frame_.bottom);
  }

 private:
  [[nodiscard]] std::string cell(std::string_view text) const {
    return style_.mode == Mode::markdown ? markdown_cell(text) : printable(text);
  }

  void flush() {
    if (!begun_) {
      write_rule(frame_.top);
      if (headers_) {
        write_names();
        write_rule(frame_.middle);
      }
      begun_ = true;
    }
    for (const auto& cells : rows_) write_cells(cells);
    rows_.clear();
  }

  void write_rule(const Rule& rule) {
    if (rule.fill.empty()) return;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      out_ << (i == 0 ? rule.left : rule.cross);
      for (std::size_t n = 0; n < widths_[i] + 2; ++n) out_ << rule.fill;
    }
    out_ << rule.right << '\n';
  }

  void write_names() {
    std::vector<std::string> centred;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::size_t room = widths_[i] - display_width(names_[i]);
      centred.push_back(std::string(room / 2, ' ') + names_[i]);
    }
    write_cells(centred);
  }

  void write_cells(const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths_[i] - display_width(cells[i]), ' ');
      out_ << frame_.bar << ' ' << cells[i] << padding << ' ';
    }
    out_ << frame_.bar << '\n';
  }

  const OutputStyle& style_;
  const Frame& frame_;
  bool headers_;
  std::ostream& out_;
  std::vector<std::string> names_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Formatter> make_columns_formatter(const OutputStyle& style, std::ostream& out) {
  return std::make_unique<ColumnsFormatter>(style, out);
}

}  // namespace libsql::shell
