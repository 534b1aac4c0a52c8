// Makes the replicator follow what one session commits and reads at the primary.
#ifndef LIBSQL_REPLICA_WRITE_FOLLOWER_H_
#define LIBSQL_REPLICA_WRITE_FOLLOWER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "remote/write_observer.h"
#include "replica/replicator.h"

namespace libsql::replica {

// Threads: thread-safe.
class WriteFollower final : public remote::WriteObserver {
 public:
  // Whether a commit is pulled, and whether its request waits for that.
  struct Settings {
    bool pulls = true;
    bool waits = true;
  };
  WriteFollower(std::shared_ptr<Replicator> replicator, Settings settings)
      : replicator_(std::move(replicator)), settings_(settings) {}

  // Without memory they end the process.
  void wrote(std::optional<std::uint64_t> index, remote::Deadline deadline,
             std::function<void()> then) noexcept override;
  void read(std::optional<std::uint64_t> index, remote::Deadline deadline,
            std::function<void()> then) noexcept override;

  // Whether the session has read a state at the primary that is newer than the file's: what it
  // reads next must not be older.
  [[nodiscard]] bool has_read_newer() const noexcept;

 private:
  const std::shared_ptr<Replicator> replicator_;
  const Settings settings_;
  std::atomic<std::uint64_t> seen_{0};  // a sync's number
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_WRITE_FOLLOWER_H_
