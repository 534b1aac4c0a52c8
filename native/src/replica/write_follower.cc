#include "replica/write_follower.h"

#include <algorithm>
#include <utility>

namespace libsql::replica {

namespace {

using std::chrono::steady_clock;

// How long a commit waits for the replica at most.
constexpr std::chrono::milliseconds kLongestWait{10'000};
// The same for what has read at the primary.
constexpr std::chrono::milliseconds kReadWait{500};
// Of the time that a request has left, this part is for its answer.
constexpr int kPartForAnswer = 10;

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): see the header
void WriteFollower::wrote(std::optional<std::uint64_t> index, remote::Deadline deadline,
                          std::function<void()> then) noexcept {
  replicator_->note_write(index);
  if (!settings_.pulls) return then();
  const auto now = steady_clock::now();
  if (!settings_.waits) {
    replicator_->sync({index}, now + kLongestWait, [](const Error*, const SyncReport&) {});
    return then();
  }
  // The commit has happened: that the replica does not have it yet is no error of it.
  const auto until = std::min(deadline - (deadline - now) / kPartForAnswer, now + kLongestWait);
  replicator_->sync({index}, until,
                    [then = std::move(then)](const Error*, const SyncReport&) { then(); });
}

// NOLINTNEXTLINE(bugprone-exception-escape): see the header
void WriteFollower::read(std::optional<std::uint64_t> index, remote::Deadline deadline,
                         std::function<void()> then) noexcept {
  seen_ = replicator_->note_read();
  if (!settings_.pulls) return then();
  const auto now = steady_clock::now();
  const bool waits = settings_.waits && !replicator_->is_failing();
  replicator_->sync({index}, std::min(deadline, now + (waits ? kReadWait : kLongestWait)),
                    [then = waits ? then : [] {}](const Error*, const SyncReport&) { then(); });
  if (!waits) then();
}

bool WriteFollower::has_read_newer() const noexcept { return !replicator_->has_ended(seen_); }

}  // namespace libsql::replica
