// Replicates from a database of the test's own, as a pull over V1 would.
#ifndef LIBSQL_TESTING_REPLICA_H_
#define LIBSQL_TESTING_REPLICA_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "replica/sync_turn.h"
#include "testing/primary.h"

namespace libsql::testing {

inline replica::ConstBytes image_of(const PrimaryFrame& frame) {
  return {reinterpret_cast<const unsigned char*>(frame.image.data()), frame.image.size()};
}

// A primary with all frames since its beginning, numbered from 0.
class PrimaryLog {
 public:
  explicit PrimaryLog(const std::string& path) : primary_(path), history_(path) {}

  void execute(const std::string& sql) {
    primary_.execute(sql);
    for (PrimaryFrame& frame : primary_.take()) frames_.push_back(std::move(frame));
  }
  [[nodiscard]] const std::vector<PrimaryFrame>& frames() const noexcept { return frames_; }
  // The number of the last frame.
  [[nodiscard]] std::uint64_t head() const noexcept { return frames_.size() - 1; }
  [[nodiscard]] replica::Position position(std::uint64_t frame) const {
    return {replica::Protocol::replication_log, history_, frame, ""};
  }
  [[nodiscard]] replica::Position position() const { return position(head()); }
  [[nodiscard]] std::string file() { return primary_.file(); }
  [[nodiscard]] const std::string& history() const noexcept { return history_; }

 private:
  Primary primary_;
  std::string history_;
  std::vector<PrimaryFrame> frames_;
};

// Pulls up to the head. `after_commit` is called after each commit.
template <typename AfterCommit>
void sync(replica::ReplicaFile& file, const PrimaryLog& primary, const AfterCommit& after_commit) {
  const auto turn = file.begin_sync(std::chrono::seconds(20));
  if (turn->need() != replica::Need::everything && turn->position().history != primary.history()) {
    turn->start_over();
  }
  std::uint64_t next = 0;
  if (turn->need() != replica::Need::everything) next = turn->position().frame.value() + 1;
  if (next > primary.head()) turn->nothing_new(primary.position());
  for (; next <= primary.head(); ++next) {
    const PrimaryFrame& frame = primary.frames()[next];
    turn->add(frame.page, image_of(frame));
    if (frame.size_after == 0) continue;
    const auto reached = next == primary.head() ? replica::Reached::head : replica::Reached::midway;
    if (turn->end_transaction(frame.size_after, primary.position(next), reached))
      after_commit(next);
  }
}

inline void sync(replica::ReplicaFile& file, const PrimaryLog& primary) {
  sync(file, primary, [](std::uint64_t /*frame*/) {});
}

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_REPLICA_H_
