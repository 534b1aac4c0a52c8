// The messages of the service proxy.Proxy, by which replicas of V1 write (specification 2.3).
#ifndef LIBSQL_SERVER_REPLICATION_PROXY_MESSAGES_H_
#define LIBSQL_SERVER_REPLICATION_PROXY_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hrana/messages.h"
#include "hrana/receiver.h"

namespace libsql::server::replication {

// What a client sends: its connection, and what runs on it. Texts and values are views into the
// message.
struct ProxyProgram {
  std::string_view client;
  hrana::Batch batch;
};
struct ProxyDescribe {
  std::string_view client;
  std::string_view sql;
};

// Errors of all three: hrana::Malformed; protozero's exceptions.
[[nodiscard]] ProxyProgram read_program(std::string_view message);
[[nodiscard]] ProxyDescribe read_describe(std::string_view message);
[[nodiscard]] std::string_view read_disconnect(std::string_view message);

// Writes the message ExecuteResults from the answer to a batch: one result for each step, also for
// those that were skipped.
//
// Threads: thread-compatible.
class ProxyResults final : public hrana::Receiver {
 public:
  explicit ProxyResults(std::size_t steps) : steps_(steps) {}

  void begin(hrana::RequestType /*type*/, std::uint32_t /*steps*/) override {}
  void step_begin(std::uint32_t step, std::span<const hrana::Column> columns) override;
  bool row(std::span<const ValueView> values) override;
  void step_end(const hrana::StepEnd& end) override;
  void step_error(std::uint32_t step, const hrana::ErrorView& error) override;
  void replication_index(std::optional<std::uint64_t> index) override { index_ = index; }
  void fetched(bool /*done*/) override {}
  void description(const hrana::Description& /*description*/) override {}
  void autocommit(bool is_autocommit) override { autocommit_ = is_autocommit; }
  void end() override {}
  void error(const hrana::ErrorView& error) override;

  [[nodiscard]] std::string take();

 private:
  // Results of what was skipped up to `step`.
  void fill(std::size_t step);

  const std::size_t steps_;
  std::size_t written_ = 0;
  std::string out_;
  std::string rows_;  // ResultRows of the step that runs.
  std::optional<std::uint64_t> index_;
  bool autocommit_ = true;
};

// Writes the message DescribeResult.
//
// Threads: thread-compatible.
class ProxyDescription final : public hrana::Receiver {
 public:
  void begin(hrana::RequestType /*type*/, std::uint32_t /*steps*/) override {}
  void step_begin(std::uint32_t /*step*/, std::span<const hrana::Column> /*columns*/) override {}
  bool row(std::span<const ValueView> /*values*/) override { return false; }
  void step_end(const hrana::StepEnd& /*end*/) override {}
  void step_error(std::uint32_t /*step*/, const hrana::ErrorView& /*error*/) override {}
  void replication_index(std::optional<std::uint64_t> /*index*/) override {}
  void fetched(bool /*done*/) override {}
  void description(const hrana::Description& description) override;
  void autocommit(bool /*is_autocommit*/) override {}
  void end() override {}
  void error(const hrana::ErrorView& error) override;

  [[nodiscard]] const std::string& message() const noexcept { return out_; }

 private:
  std::string out_;
};

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_PROXY_MESSAGES_H_
