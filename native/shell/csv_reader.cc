// A recursive-descent reader of RFC 4180, section 2, over a buffer.
#include "shell/csv_reader.h"

#include <string_view>

namespace libsql::shell {
namespace {
constexpr std::size_t kBufferBytes = 65'536;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
}  // namespace

CsvReader::CsvReader(std::istream& in) : in_(in), buffer_(kBufferBytes) {
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
  if (peek() != ',' && !at_line_end()) {
    throw CsvError(line_, "text follows a closing quote");
  }
}

void CsvReader::read_plain(CsvField& field) {
  while (peek() != ',' && peek() != '\n' && peek() != kEnd) {
    field.text += static_cast<char>(take());
  }
  // The carriage return belongs to the end of the line.
  if (peek() != ',' && field.text.ends_with('\r')) field.text.pop_back();
}

bool CsvReader::at_line_end() {
  if (peek() == '\r') take();
  return peek() == '\n' || peek() == kEnd;
}

bool CsvReader::end_field() { return take() == ','; }

}  // namespace libsql::shell
