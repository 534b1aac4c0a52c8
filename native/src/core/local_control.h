// What only a session with a local file has: its settings, its files, its hooks.
#ifndef LIBSQL_CORE_LOCAL_CONTROL_H_
#define LIBSQL_CORE_LOCAL_CONTROL_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/open_blob.h"
#include "libsql/access_policy.h"
#include "libsql/encryption.h"
#include "libsql/events.h"
#include "libsql/functions.h"
#include "libsql/maintenance.h"
#include "libsql/options.h"

namespace libsql::core {

// See the public Connection for the contract of each call.
//
// Threads: thread-compatible, together with its session.
class LocalControl {
 public:
  LocalControl() = default;
  LocalControl(const LocalControl&) = delete;
  LocalControl& operator=(const LocalControl&) = delete;
  virtual ~LocalControl() = default;

  virtual void set_busy_timeout(std::chrono::milliseconds timeout) = 0;
  [[nodiscard]] virtual std::chrono::milliseconds busy_timeout() const = 0;
  virtual void set_cancel_check(std::function<bool()> cancelled) = 0;
  [[nodiscard]] virtual ConnectionStats stats() const = 0;

  virtual CheckpointResult checkpoint(CheckpointMode mode, std::string_view database) = 0;
  virtual void backup_to(const std::string& path, const BackupProgress& progress, int pages,
                         const KeyChoice& key) = 0;
  virtual void restore_from(const std::string& path, const BackupProgress& progress, int pages,
                            const KeyChoice& key) = 0;
  // What VACUUM INTO has to name so that the copy is encrypted with `key`.
  [[nodiscard]] virtual std::string copy_location(const std::string& path,
                                                  const KeyChoice& key) = 0;
  [[nodiscard]] virtual std::string serialise(std::string_view database) = 0;
  virtual void deserialise(std::string_view image, std::string_view database) = 0;

  [[nodiscard]] virtual std::unique_ptr<OpenBlob> open_blob(const BlobPlace& place) = 0;

  virtual void enable_extensions(bool enabled) = 0;
  virtual void load_extension(const Extension& extension) = 0;
  virtual void observe(EventHandler handler) = 0;
  virtual void set_access_policy(AccessPolicy policy) = 0;

  virtual void create_function(FunctionDefinition definition) = 0;
  virtual void create_collation(CollationDefinition definition) = 0;
  virtual void remove_function(const std::string& name, int arguments) = 0;
  virtual void remove_collation(const std::string& name) = 0;
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_LOCAL_CONTROL_H_
