// A session with a replica: reads run on the local file, everything else at the primary, which the
// replicator then follows.
#ifndef LIBSQL_REPLICA_SESSION_H_
#define LIBSQL_REPLICA_SESSION_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "core/mutex.h"
#include "core/replica_control.h"
#include "core/session.h"
#include "libsql/replica.h"
#include "remote/session.h"
#include "replica/local_part.h"
#include "replica/named_commands.h"
#include "replica/replicator.h"
#include "replica/routed_answer.h"
#include "replica/sides.h"
#include "replica/write_follower.h"

namespace libsql::replica {

// Where what reads is answered: by the local file, unless a transaction is open at the primary, or
// the session reads its writes and the file does not have them all yet.
//
// Threads: as core::Session; answers of the primary come on the I/O thread, those to commits that
// are waited for on the replicator's.
class ReplicaSession final : public core::Session, public core::ReplicaControl {
 public:
  struct Settings {
    Options local;
    bool sync_after_writes = true;
    bool read_your_writes = true;
    std::chrono::milliseconds request_timeout{0};
    // What the replicator tells of its syncs, for as long as the session lives.
    std::vector<std::shared_ptr<const SyncObserver>> observers = {};
  };
  // Opens the local file. Errors: those of local::open_session().
  ReplicaSession(std::shared_ptr<Replicator> replicator,
                 std::shared_ptr<remote::Transport> transport, Settings settings);
  ReplicaSession(const ReplicaSession&) = delete;
  ReplicaSession& operator=(const ReplicaSession&) = delete;
  ~ReplicaSession() override { close(); }

  void close() noexcept override;
  [[nodiscard]] bool is_open() const noexcept override { return remote_.is_open(); }
  [[nodiscard]] bool answers_later() const noexcept override { return true; }
  Started start(const Request& request, const Limits& limits, Receiver& receiver) override;
  void cancel(const Receiver& receiver) noexcept override;
  void interrupt() noexcept override;
  [[nodiscard]] SessionState state() const override { return sides_->state(); }
  [[nodiscard]] bool read_only() const override;
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) override;
  [[nodiscard]] std::unique_ptr<core::PreparedStatement> prepare(std::string_view sql,
                                                                 core::PrepareMode mode,
                                                                 std::string_view* tail) override;
  void give_back(std::unique_ptr<core::PreparedStatement> statement) noexcept override {
    statement.reset();
  }
  [[nodiscard]] std::optional<int> protocol_version() const override {
    return remote_.protocol_version();
  }
  [[nodiscard]] core::LocalControl* local() noexcept override { return &local_; }
  [[nodiscard]] core::ReplicaControl* replica() noexcept override { return this; }

  SyncReport sync(const SyncRequest& request) override;
  [[nodiscard]] ReplicaStatus replica_status() const override { return replicator_->status(); }
  void freeze() override;

  // --- For its statements ---

  // Where a statement runs now.
  [[nodiscard]] Side side_of_statement(bool is_local) const;
  [[nodiscard]] LocalPart& local_part() noexcept { return local_; }
  [[nodiscard]] remote::RemoteSession& remote_part() noexcept { return remote_; }
  // A statement at the primary has run.
  void note_remote_state();

 private:
  class Route;
  using Preparation = RoutedAnswer::Preparation;

  Started run(Side side, const Request& request, const Limits& limits, Receiver& receiver,
              std::optional<Preparation> prepares = std::nullopt);
  void reset_remote();
  void refuse_if_frozen() const;
  // Where a statement runs if no transaction is open.
  [[nodiscard]] Side side_of_new_work(bool is_local) const;

  const std::shared_ptr<Replicator> replicator_;
  const Settings settings_;
  const std::shared_ptr<Sides> sides_ = std::make_shared<Sides>();
  const std::shared_ptr<StatementTexts> texts_ = std::make_shared<StatementTexts>();
  LocalPart local_;
  const std::shared_ptr<WriteFollower> follower_;
  remote::RemoteSession remote_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_SESSION_H_
