// How large the answer to one request may become: as in sqld, an estimate by the rows' values.
#ifndef LIBSQL_SERVER_RESPONSE_BUDGET_H_
#define LIBSQL_SERVER_RESPONSE_BUDGET_H_

#include <cstddef>
#include <exception>
#include <optional>
#include <span>

#include "hrana/receiver.h"
#include "libsql/value.h"

namespace libsql::server {

// What the values of a row take, about.
[[nodiscard]] inline std::size_t bytes_of(std::span<const ValueView> row) noexcept {
  std::size_t bytes = 2;
  for (const ValueView& value : row) bytes += 24 + value.bytes().size();
  return bytes;
}

// Ends a whole request, be it a batch: RESPONSE_TOO_LARGE.
class ResponseTooLarge : public std::exception {};

// Passes an answer on as long as its rows fit.
//
// Lifetime: the receiver must outlive it.
class ResponseBudget final : public hrana::Receiver {
 public:
  ResponseBudget(hrana::Receiver& out, std::size_t bytes) : out_(out), left_(bytes) {}

  void begin(hrana::RequestType type, std::uint32_t steps) override { out_.begin(type, steps); }
  void step_begin(std::uint32_t step, std::span<const hrana::Column> columns) override {
    out_.step_begin(step, columns);
  }
  bool row(std::span<const ValueView> values) override {
    const std::size_t bytes = bytes_of(values);
    if (bytes > left_) throw ResponseTooLarge();
    left_ -= bytes;
    return out_.row(values);
  }
  void step_end(const hrana::StepEnd& end) override { out_.step_end(end); }
  void step_error(std::uint32_t step, const hrana::ErrorView& error) override {
    out_.step_error(step, error);
  }
  void replication_index(std::optional<std::uint64_t> index) override {
    out_.replication_index(index);
  }
  void fetched(bool done) override { out_.fetched(done); }
  void description(const hrana::Description& description) override {
    out_.description(description);
  }
  void autocommit(bool is_autocommit) override { out_.autocommit(is_autocommit); }
  void end() override { out_.end(); }
  void error(const hrana::ErrorView& error) override { out_.error(error); }

 private:
  hrana::Receiver& out_;
  std::size_t left_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_RESPONSE_BUDGET_H_
