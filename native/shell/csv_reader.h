// Reads separated values, record by record: CSV as RFC 4180 defines it, and its relatives with
// other separators.
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

// What ends a field and what ends a record.
struct Delimiters {
  char column = ',';
  char row = '\n';
};

// A syntax error in the input, in line `line`, counted from 1.
class CsvError : public std::runtime_error {
 public:
  CsvError(std::size_t line, const std::string& message)
      : std::runtime_error(message), line_(line) {}
  [[nodiscard]] std::size_t line() const noexcept { return line_; }

 private:
  std::size_t line_;
};

// With LF as the row delimiter, records end in LF or CRLF; quoted fields may hold both. A
// byte-order mark at the beginning is skipped. Like most readers, and beyond the RFC, it accepts a
// quote inside an unquoted field.
class CsvReader {
 public:
  explicit CsvReader(std::istream& in, Delimiters delimiters = {});

  // Reads the next record; false at the end. Errors: CsvError for a quoted field that does not end,
  // or that is followed by anything but a delimiter.
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
  // Consumes the delimiter after a field; true if another field follows.
  bool end_field();
  [[nodiscard]] bool at_row_end();

  std::istream& in_;
  const int column_;
  const int row_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t bytes_ = 0;
  std::size_t line_ = 1;
  std::size_t record_line_ = 1;
};

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_CSV_READER_H_
