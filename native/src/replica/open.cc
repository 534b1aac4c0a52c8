#include "replica/open.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "core/file_error.h"
#include "libsql/error.h"
#include "remote/network.h"
#include "replica/replicator.h"
#include "replica/session.h"

namespace libsql::replica {

namespace {

// A pull ends by itself when the primary is silent.
constexpr std::chrono::hours kFirstCopy{24};

std::string name_of(const remote::Url& url) {
  return std::string(url.tls ? "https://" : "http://") + url.authority() + url.path;
}

void make_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code failed;
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  if (failed) {
    throw Error(ErrorKind::cannot_open,
                "cannot create the folder " + folder.string() + ": " + failed.message());
  }
}

void first_sync(Replicator& replicator, const ReplicaOptions& options, bool has_copy) {
  SyncRequest request;
  request.timeout = has_copy ? options.remote.connect_timeout : kFirstCopy;
  switch (options.initial_sync) {
    case InitialSync::blocking:
      return replicator.sync_first(request);
    case InitialSync::background:
      replicator.make_readable();
      replicator.sync({}, Replicator::Clock::now() + kFirstCopy,
                      [](const Error*, const SyncReport&) {});
      return;
    case InitialSync::none:
      return replicator.make_readable();
  }
}

// The file is the replicator's to write, and its log the replicator's to move.
Options for_reading(const ReplicaOptions& options) {
  Options local = options.local;
  local.mode = OpenMode::read_only;
  local.create_folders = false;
  return local;
}

}  // namespace

void check_options(const std::string& path, const ReplicaOptions& options) {
  if (path == ":memory:" || path.starts_with("file:")) {
    throw Error(ErrorKind::invalid_argument, "a replica is a file, named by its path, not " + path);
  }
  if (options.local.image) {
    throw Error(
        ErrorKind::invalid_argument,
        "a replica cannot start with the image of a database: its content is the primary's");
  }
}

std::shared_ptr<core::Session> open_session(const std::string& path, const remote::Url& primary,
                                            const ReplicaOptions& options) {
  if (options.local.create_folders) make_folder(path);
  Replicator::Config config;
  config.file.file = path;
  config.file.primary = name_of(primary);
  config.file.encryption = options.local.encryption;
  config.origin = remote::make_origin(primary, options.remote);
  config.interval = options.sync_interval;
  const std::shared_ptr<Replicator> replicator = Replicator::open(config);
  ReplicaSession::Settings settings;
  for (const SyncObserver& observer : options.sync_observers) {
    settings.observers.push_back(replicator->watch(observer));
  }
  first_sync(*replicator, options, replicator->has_copy());
  settings.local = for_reading(options);
  settings.sync_after_writes = options.sync_after_writes;
  settings.read_your_writes = options.read_your_writes.value_or(options.sync_after_writes);
  settings.request_timeout = options.remote.request_timeout;
  return std::make_shared<ReplicaSession>(
      replicator, remote::make_transport(primary, options.remote), std::move(settings));
}

}  // namespace libsql::replica
