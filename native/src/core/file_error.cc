#include "core/file_error.h"

#include <string>

namespace libsql::core {

Error with_file_name(const Error& error, std::string_view location) {
  const bool uri = location.starts_with("file:");
  const std::string_view name = uri ? location.substr(0, location.find_first_of("?#")) : location;
  std::string message = error.message();
  const std::size_t at = message.find(location);
  if (uri && at != std::string::npos) message.replace(at, location.size(), name);
  const std::string ending = ": " + std::string(name);
  if (!message.ends_with(ending)) message += ending;
  const Error named(error.kind(), message, error.extended_code());
  return named.with_statement(error.statement(), error.sql_offset());
}

Error with_path(const Error& error, std::string_view uri, std::string_view path) {
  std::string message = error.message();
  const std::size_t at = uri == path ? std::string::npos : message.find(uri);
  if (at != std::string::npos) message.replace(at, uri.size(), path);
  const Error renamed(error.kind(), message, error.extended_code());
  return renamed.with_statement(error.statement(), error.sql_offset());
}

Error with_copy_name(const Error& error, std::string_view location) {
  switch (error.kind()) {
    case ErrorKind::error:
    case ErrorKind::cannot_open:
    case ErrorKind::not_a_database:
    case ErrorKind::read_only:
    case ErrorKind::full:
    case ErrorKind::io:
      return with_file_name(error, location);
    default:
      return error;
  }
}

}  // namespace libsql::core
