// The real server, sqld, where one is installed: LIBSQL_SQLD names its program.
#ifndef LIBSQL_TESTING_SQLD_SERVER_H_
#define LIBSQL_TESTING_SQLD_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "testing/temporary_directory.h"

namespace libsql::testing {

// Threads: thread-compatible.
class SqldServer {
 public:
  // Null if there is none: tests are skipped with kNoSqld.
  [[nodiscard]] static const char* program();
  static constexpr const char* kNoSqld = "LIBSQL_SQLD does not name the program of sqld";

  SqldServer();
  SqldServer(const SqldServer&) = delete;
  SqldServer& operator=(const SqldServer&) = delete;
  ~SqldServer() { kill(); }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // As kill -9: its log is dirty then.
  void kill() noexcept;
  // On the same files and port. Waits until it listens.
  void start();

 private:
  [[nodiscard]] bool listens() const;

  TemporaryDirectory folder_;
  std::uint16_t port_;
  pid_t process_ = -1;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_SQLD_SERVER_H_
