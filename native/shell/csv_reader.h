// Reads comma-separated values as RFC 4180 defines them, record by record.
#ifndef LIBSQL_SHELL_CSV_READER_H_
#define LIBSQL_SHELL_CSV_READER_H_

#include <cstddef>
#include <cstdint>
#include <istream>
#include <stdexcept>
#include <string>
#include <vector>

namespace libsql::shell {

struct CsvField {
  std::string text;
  bool quoted = false;
};

// The text is no CSV; `line` is where the mistake is, counted from 1.
class CsvError : public std::runtime_error {
 public:
  CsvError(std::size_t line, const std::string& message)
      : std::runtime_error(message), line_(line) {}
  [[nodiscard]] std::size_t line() const noexcept { return line_; }

 private:
  std::size_t line_;
};

// Records end in LF or CRLF; quoted fields may hold both. A byte-order mark at the beginning is
// skipped. Like most readers, and beyond the RFC, it accepts a quote inside an unquoted field.
class CsvReader {
 public:
  explicit CsvReader(std::istream& in);

  // Reads the next record; false at the end. Errors: CsvError for a quoted field that does not end,
  // or that is followed by anything but a comma or the end of the line.
  bool next(std::vector<CsvField>& record);
  // The line on which the last record began, counted from 1.
  [[nodiscard]] std::size_t line() const noexcept { return record_line_; }
  // Bytes read so far.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr int kEnd = -1;
  [[nodiscard]] int peek();
  int take();
  void read_quoted(CsvField& field);
  void read_plain(CsvField& field);
  // Takes what ends a field; true if another field follows.
  bool end_field();
  [[nodiscard]] bool at_line_end();

  std::istream& in_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t bytes_ = 0;
  std::size_t line_ = 1;
  std::size_t record_line_ = 1;
};

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_CSV_READER_H_
