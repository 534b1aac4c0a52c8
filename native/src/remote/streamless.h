// What a server without streams can be asked, and how its answers are read. `tursodb --sync-server`
// (npm turso 0.6.0) is one: it knows the requests `execute` and `batch` only, runs everything on
// one connection that all its clients share, one pipeline after the other, reports no changes and
// no rowid, and ignores the names of parameters.
//
// So each exchange has to be whole: what needs the stream afterwards is refused. A statement
// becomes a batch of which
//   - a step without a condition runs only while no transaction is open: another client's would
//     take it in, and could roll it back;
//   - a step that changes rows is followed by one that asks for their number and the rowid;
//   - parameters are bound by their position.
// The answer gives the events of what was asked for at first.
#ifndef LIBSQL_REMOTE_STREAMLESS_H_
#define LIBSQL_REMOTE_STREAMLESS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hrana/messages.h"
#include "hrana/receiver.h"
#include "libsql/error.h"

namespace libsql::remote {

// A step that is sent.
struct StreamlessStep {
  std::uint32_t of = 0;  // The step of the original that it is, or counts for.
  bool counts = false;   // It asks what the step before it has changed.
  bool guarded = false;  // It runs only while no transaction is open.
};

// One request.
struct StreamlessRun {
  bool is_batch = false;  // It was; else it was an `execute`.
  std::uint32_t original_steps = 0;
  std::vector<StreamlessStep> steps;
};

struct StreamlessRequests {
  std::vector<hrana::Request> requests;  // They borrow what the originals do.
  std::vector<StreamlessRun> runs;       // One for each.
};

// The requests of an exchange that ends its stream, `close` included. REQUIRES: arguments with
// names stand in the order of the parameters' numbers (bind.h). Errors: unsupported for what such a
// server cannot do.
[[nodiscard]] StreamlessRequests for_streamless(std::span<const hrana::Request> requests);

// Unsupported: `what` needs a stream.
[[nodiscard]] Error needs_streams(const std::string& what);

// Passes the answers to for_streamless() on, as those to the original requests.
//
// Errors: hrana::Malformed if the server has not counted what it has changed.
class StreamlessAnswer final : public hrana::Receiver {
 public:
  // Lifetime: both must outlive it.
  StreamlessAnswer(std::span<const StreamlessRun> runs, hrana::Receiver& to) noexcept
      : runs_(runs), to_(to) {}

  void begin(hrana::RequestType type, std::uint32_t steps) override;
  void step_begin(std::uint32_t step, std::span<const hrana::Column> columns) override;
  [[nodiscard]] bool row(std::span<const ValueView> values) override;
  void step_end(const hrana::StepEnd& end) override;
  void step_error(std::uint32_t step, const hrana::ErrorView& error) override;
  void replication_index(std::optional<std::uint64_t> index) override;
  void fetched(bool /*done*/) override {}
  void description(const hrana::Description& /*description*/) override {}
  void autocommit(bool /*is_autocommit*/) override {}
  void end() override;
  void error(const hrana::ErrorView& error) override;

 private:
  [[nodiscard]] const StreamlessRun& run() const { return runs_[run_]; }
  // The server has not run the steps between the last one and `step`.
  void skip_to(std::uint32_t step);
  // The same, for a step that it has run. Errors: Malformed for one that was not sent.
  [[nodiscard]] const StreamlessStep& reach(std::uint32_t step);
  void tell_begin();
  void fail(std::uint32_t step, const hrana::ErrorView& error);

  const std::span<const StreamlessRun> runs_;
  hrana::Receiver& to_;
  std::size_t run_ = 0;
  std::uint32_t next_step_ = 0;
  bool has_begun_ = false;                 // `to_` knows of the request.
  bool has_failed_ = false;                // The same, of an `execute`.
  std::optional<hrana::StepEnd> pending_;  // Its numbers are yet to come.
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_STREAMLESS_H_
