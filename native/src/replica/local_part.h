// The local side of a replica's session: a read-only connection to its file, which is opened again
// when the content has been replaced; and which of its controls a replica has.
#ifndef LIBSQL_REPLICA_LOCAL_PART_H_
#define LIBSQL_REPLICA_LOCAL_PART_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/local_control.h"
#include "core/mutex.h"
#include "core/session.h"
#include "libsql/options.h"
#include "replica/replicator.h"

namespace libsql::replica {

// What is asked before each request takes no lock.
//
// Threads: thread-compatible, except current(), which is thread-safe.
class LocalPart final : public core::LocalControl {
 public:
  // Opens the file. Errors: those of local::open_session().
  LocalPart(std::shared_ptr<Replicator> replicator, Options options);

  // The connection. Opens the file again if that is needed and no transaction is open on it; what
  // was open on it, such as cursors, has ended then. Errors: as above.
  // The reference holds until the next call.
  [[nodiscard]] const std::shared_ptr<core::Session>& session() LIBSQL_EXCLUDES(mutex_);
  // Whether session() would open the file.
  [[nodiscard]] bool is_outdated() const;
  [[nodiscard]] std::shared_ptr<core::Session> current() const LIBSQL_EXCLUDES(mutex_);
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline);

  void set_busy_timeout(std::chrono::milliseconds timeout) override;
  [[nodiscard]] std::chrono::milliseconds busy_timeout() const override;
  void set_cancel_check(std::function<bool()> cancelled) override;
  [[nodiscard]] ConnectionStats stats() const override;
  void backup_to(const std::string& path, const BackupProgress& progress, int pages,
                 const KeyChoice& key) override;
  [[nodiscard]] std::string serialise(std::string_view database) override;
  [[nodiscard]] std::unique_ptr<core::OpenBlob> open_blob(const core::BlobPlace& place) override;

  // Errors of the rest: unsupported.
  CheckpointResult checkpoint(CheckpointMode mode, std::string_view database) override;
  void restore_from(const std::string& path, const BackupProgress& progress, int pages,
                    const KeyChoice& key) override;
  [[nodiscard]] std::string copy_location(const std::string& path, const KeyChoice& key) override;
  void deserialise(std::string_view image, std::string_view database) override;
  void enable_extensions(bool enabled) override;
  void load_extension(const Extension& extension) override;
  void observe(EventHandler handler) override;
  void set_access_policy(AccessPolicy policy) override;
  void create_function(FunctionDefinition definition) override;
  void create_collation(CollationDefinition definition) override;
  void remove_function(const std::string& name, int arguments) override;
  void remove_collation(const std::string& name) override;

 private:
  void open_again() LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] core::LocalControl& control() const;

  const std::shared_ptr<Replicator> replicator_;
  Options options_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::function<bool()> cancelled_;
  std::uint64_t epoch_;
  std::shared_ptr<core::Session> session_;
  mutable core::Mutex mutex_;
  std::shared_ptr<core::Session> current_ LIBSQL_GUARDED_BY(mutex_);  // The same, for all threads.
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_LOCAL_PART_H_
