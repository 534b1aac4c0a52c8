// An answer of which most events do not matter.
#ifndef LIBSQL_REMOTE_QUIET_ANSWER_H_
#define LIBSQL_REMOTE_QUIET_ANSWER_H_

#include <memory>

#include "remote/stream.h"

namespace libsql::remote {

class QuietAnswer : public Answer, public std::enable_shared_from_this<QuietAnswer> {
 public:
  void begin(hrana::RequestType /*type*/, std::uint32_t /*steps*/) override {}
  void step_begin(std::uint32_t /*step*/, std::span<const hrana::Column> /*columns*/) override {}
  bool row(std::span<const ValueView> /*values*/) override { return true; }
  void step_end(const hrana::StepEnd& /*end*/) override {}
  void step_error(std::uint32_t /*step*/, const hrana::ErrorView& /*error*/) override {}
  void replication_index(std::optional<std::uint64_t> /*index*/) override {}
  void fetched(bool /*done*/) override {}
  void description(const hrana::Description& /*description*/) override {}
  void autocommit(bool /*is_autocommit*/) override {}
  void end() override {}
  void error(const hrana::ErrorView& /*error*/) override {}
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_QUIET_ANSWER_H_
