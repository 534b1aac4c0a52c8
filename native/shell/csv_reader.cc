// A recursive-descent parser of RFC 4180, section 2, with a read buffer.
#include "shell/csv_reader.h"

#include <string_view>

namespace libsql::shell {
namespace {
constexpr std::size_t kBufferBytes = 65'536;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
}  // namespace

CsvReader::CsvReader(std::istream& in, Delimiters delimiters)
    : in_(in),
      column_(static_cast<unsigned char>(delimiters.column)),
      row_(static_cast<unsigned char>(delimiters.row)),
      buffer_(kBufferBytes) {
  static_cast<void>(peek());
  if (std::string_view(buffer_.data(), filled_).starts_with(kByteOrderMark)) {
    at_ = kByteOrderMark.size();
    bytes_ = at_;
  }
}

bool CsvReader::next(std::vector<CsvField>& record) {
  record.clear();
  if (peek() == kEnd) return false;
  record_line_ = line_;
  do {
    CsvField& field = record.emplace_back();
    if (peek() == '"') {
      read_quoted(field);
    } else {
      read_plain(field);
    }
  } while (end_field());
  return true;
}

int CsvReader::peek() {
  if (at_ == filled_) {
    in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    filled_ = static_cast<std::size_t>(in_.gcount());
    at_ = 0;
    if (filled_ == 0) return kEnd;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

int CsvReader::take() {
  const int c = peek();
  if (c == kEnd) return c;
  ++at_;
  ++bytes_;
  if (c == '\n') ++line_;
  return c;
}

void CsvReader::read_quoted(CsvField& field) {
  const std::size_t opened = line_;
  field.quoted = true;
  take();
  for (;;) {
    const int c = take();
    if (c == kEnd) throw CsvError(opened, "a quoted field that begins here does not end");
    if (c != '"') {
      field.text += static_cast<char>(c);
    } else if (peek() == '"') {
      field.text += static_cast<char>(take());
    } else {
      break;
    }
  }
  if (peek() != column_ && !at_row_end()) {
    throw CsvError(line_, "text follows a closing quote");
  }
}

void CsvReader::read_plain(CsvField& field) {
  while (peek() != column_ && peek() != row_ && peek() != kEnd) {
    field.text += static_cast<char>(take());
  }
  // A carriage return before the line feed is part of the line ending.
  if (row_ == '\n' && peek() != column_ && field.text.ends_with('\r')) field.text.pop_back();
}

bool CsvReader::at_row_end() {
  if (row_ == '\n' && peek() == '\r') take();
  return peek() == row_ || peek() == kEnd;
}

bool CsvReader::end_field() { return take() == column_; }

}  // namespace libsql::shell
