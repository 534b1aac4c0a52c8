// Whom the answer to one request over a WebSocket goes to: its exchange, checked, or nobody.
#ifndef LIBSQL_REMOTE_SOCKET_ANSWER_H_
#define LIBSQL_REMOTE_SOCKET_ANSWER_H_

#include <cstdint>
#include <optional>
#include <span>

#include "hrana/receiver.h"
#include "remote/socket_exchange.h"

namespace libsql::remote {

// Threads: thread-bound, to the I/O thread.
class SocketAnswer : public hrana::Receiver {
 public:
  // For the next answer. Null: nobody waits for it.
  void expect(hrana::RequestType type, SocketExchange* exchange) noexcept;

  // Errors: Malformed, mismatch if the answer is to another kind of request.
  void begin(hrana::RequestType type, std::uint32_t steps) override;
  void step_begin(std::uint32_t step, std::span<const hrana::Column> columns) override;
  bool row(std::span<const ValueView> values) override;
  void step_end(const hrana::StepEnd& end) override;
  void step_error(std::uint32_t step, const hrana::ErrorView& error) override;
  void replication_index(std::optional<std::uint64_t> index) override;
  void fetched(bool done) override;
  void description(const hrana::Description& description) override;
  void autocommit(bool is_autocommit) override;
  void end() override;
  void error(const hrana::ErrorView& error) override;

 private:
  // What the streams' users know nothing of: the opening and closing of streams and cursors.
  [[nodiscard]] bool is_silent() const noexcept;
  // Null: what comes is dropped.
  [[nodiscard]] hrana::Receiver* target() const;

  hrana::RequestType type_ = hrana::RequestType::execute;
  SocketExchange* exchange_ = nullptr;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SOCKET_ANSWER_H_
