// How a development server is set up: what the command line says, and what tests that run one in
// their own process fill in.
#ifndef LIBSQL_SERVER_OPTIONS_H_
#define LIBSQL_SERVER_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "server/token.h"

namespace libsql::server {

struct Options {
  // A file. Empty: a temporary one, which is removed when the server ends.
  std::string database;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: one that is free.

  // Without any of these three, every request is allowed.
  std::optional<TokenDigest> token;
  std::optional<TokenDigest> read_only_token;
  std::string jwt_keys;  // PEM blocks "PUBLIC KEY", or one raw key in base64url. Empty: none.

  // Both or none: PEM files of the certificate chain and of its key, for TLS.
  std::string certificate_file;
  std::string key_file;

  // Replicas sync by generations ("V2") in place of /pull-updates: GET /info answers, as Turso
  // Cloud's does, which makes clients choose that.
  bool generations = false;

  // The limits of sqld, but for the first: clients that do not close their streams keep each of
  // them for 10 seconds.
  std::size_t most_streams = 512;
  std::chrono::milliseconds stream_idle_time = std::chrono::seconds(10);
  std::chrono::milliseconds expired_stream_memory = std::chrono::seconds(300);
  std::chrono::milliseconds transaction_time = std::chrono::seconds(5);
  std::size_t most_request_bytes = std::size_t{64} << 20;
  std::size_t most_response_bytes = 10'000'000;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_OPTIONS_H_
