// The server's end of a Hrana WebSocket, for scripts: reads what a client sends and answers it
// plainly. The answer to every statement is one row with its text.
#ifndef LIBSQL_TESTING_HRANA_PEER_H_
#define LIBSQL_TESTING_HRANA_PEER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hrana/codec.h"
#include "testing/web_socket_server.h"

namespace libsql::testing {

class HranaPeer {
 public:
  explicit HranaPeer(ServerSocket& socket, hrana::Encoding encoding = hrana::Encoding::json);

  struct Received {
    bool is_hello = false;
    std::string jwt;  // Of a hello.
    std::int32_t request_id = 0;
    std::int32_t stream_id = 0;
    hrana::RequestType type = hrana::RequestType::execute;
    std::int32_t cursor_id = 0;
    std::vector<std::string> sql;  // The statements' texts.

    // "hello jwt", "open_stream 0", "execute 0 SELECT 1".
    [[nodiscard]] std::string text() const;
  };
  // The next message; nothing at the end.
  [[nodiscard]] std::optional<Received> next();
  // The next message of this kind; whatever comes before is answered.
  [[nodiscard]] std::optional<Received> next(hrana::RequestType type);
  void hello_ok();
  void hello_error(const std::string& message, const std::string& code);
  // Answers a hello or a request.
  void ok(const Received& received);
  void error(const Received& received, const std::string& message, const std::string& code);
  // Answers everything until the client goes.
  void serve();
  // The same, and notes the texts of what comes.
  void serve(std::vector<std::string>& seen);
  // The text of the answer ok() would send.
  [[nodiscard]] std::string answer_to(const Received& received);

  // Rows of a cursor.
  int cursor_rows = 3;

 private:
  void send(const std::string& message);

  ServerSocket& socket_;
  const hrana::Encoding encoding_;
  const std::unique_ptr<hrana::ServerCodec> codec_;
  int fetched_ = 0;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_HRANA_PEER_H_
