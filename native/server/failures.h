// What can go wrong with a request, by what it costs: an error within the answer, or the stream.
#ifndef LIBSQL_SERVER_FAILURES_H_
#define LIBSQL_SERVER_FAILURES_H_

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "hrana/receiver.h"
#include "libsql/error.h"

namespace libsql::server {

// The error of one request or step, which is part of the answer. The stream goes on.
class SqlError : public std::exception {
 public:
  SqlError(std::string code, std::string message, std::optional<std::string> extended_code = {})
      : code_(std::move(code)),
        message_(std::move(message)),
        extended_code_(std::move(extended_code)) {}

  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] const std::string& code() const noexcept { return code_; }
  // Valid as long as this object.
  [[nodiscard]] hrana::ErrorView view() const noexcept;

 private:
  std::string code_;
  std::string message_;
  std::optional<std::string> extended_code_;
};

// The same for an error of the library: sqld's codes, messages and prefixes, and Turso's
// extended_code.
[[nodiscard]] SqlError sql_error(const Error& error);

// What a client must not do to others; sqld's code for it.
[[nodiscard]] SqlError unsupported_statement();

// A request that the protocol does not allow, or that may not be answered in band: the whole HTTP
// request fails with `status` and the stream ends, or the WebSocket closes.
class RequestRefused : public std::exception {
 public:
  RequestRefused(int status, std::string code, std::string message)
      : status_(status), code_(std::move(code)), message_(std::move(message)) {}

  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] hrana::ErrorView view() const noexcept { return {message_, code_, {}}; }

 private:
  int status_;
  std::string code_;
  std::string message_;
};

// 400, or the end of a WebSocket.
[[nodiscard]] inline RequestRefused protocol_error(std::string message) {
  return {400, "PROTOCOL_ERROR", std::move(message)};
}

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_FAILURES_H_
