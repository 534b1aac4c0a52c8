#include "replica/local_part.h"

#include <utility>

#include "libsql/error.h"
#include "local/open.h"

namespace libsql::replica {

namespace {

[[noreturn]] void refuse(const char* what, const char* instead) {
  throw Error(ErrorKind::unsupported,
              std::string(what) + " is not available on a replica: " + instead);
}

constexpr const char* kPrimarys = "the primary's database decides; freeze the replica first";
constexpr const char* kOnOpening = "name it in the options of opening";

}  // namespace

LocalPart::LocalPart(std::shared_ptr<Replicator> replicator, Options options)
    : replicator_(std::move(replicator)),
      options_(std::move(options)),
      epoch_(replicator_->epoch()),
      session_(local::open_session(replicator_->file().file.string(), options_)),
      current_(session_) {}

std::shared_ptr<core::Session> LocalPart::current() const {
  const core::MutexLock lock(mutex_);
  return current_;
}

bool LocalPart::is_outdated() const {
  return epoch_ != replicator_->epoch() && !session_->state().in_transaction;
}

const std::shared_ptr<core::Session>& LocalPart::session() {
  if (is_outdated()) open_again();
  return session_;
}

void LocalPart::open_again() {
  const std::uint64_t epoch = replicator_->epoch();
  std::shared_ptr<core::Session> opened =
      local::open_session(replicator_->file().file.string(), options_);
  opened->set_deadline(deadline_);
  if (cancelled_) opened->local()->set_cancel_check(cancelled_);
  const bool open = session_->is_open();
  session_.swap(opened);
  epoch_ = epoch;
  core::MutexLock lock(mutex_);
  current_ = session_;
  lock.unlock();
  opened->close();
  if (!open) session_->close();
}

core::LocalControl& LocalPart::control() const { return *current()->local(); }

void LocalPart::set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) {
  deadline_ = deadline;
  current()->set_deadline(deadline);
}

void LocalPart::set_busy_timeout(std::chrono::milliseconds timeout) {
  options_.busy_timeout = timeout;
  control().set_busy_timeout(timeout);
}
std::chrono::milliseconds LocalPart::busy_timeout() const { return control().busy_timeout(); }
void LocalPart::set_cancel_check(std::function<bool()> cancelled) {
  cancelled_ = cancelled;
  control().set_cancel_check(std::move(cancelled));
}
ConnectionStats LocalPart::stats() const { return control().stats(); }

void LocalPart::backup_to(const std::string& path, const BackupProgress& progress, int pages,
                          const KeyChoice& key) {
  session()->local()->backup_to(path, progress, pages, key);
}
std::string LocalPart::serialise(std::string_view database) {
  return session()->local()->serialise(database);
}
std::unique_ptr<core::OpenBlob> LocalPart::open_blob(const core::BlobPlace& place) {
  if (place.for_writing) refuse("writing a blob in portions", "write it with a statement");
  return session()->local()->open_blob(place);
}

// --- Not on a replica ---

CheckpointResult LocalPart::checkpoint(CheckpointMode /*mode*/, std::string_view /*database*/) {
  refuse("a checkpoint", "the replicator makes them");
}
void LocalPart::restore_from(const std::string& /*path*/, const BackupProgress& /*progress*/,
                             int /*pages*/, const KeyChoice& /*key*/) {
  refuse("restoring a backup", kPrimarys);
}
std::string LocalPart::copy_location(const std::string& /*path*/, const KeyChoice& /*key*/) {
  refuse("VACUUM INTO", "make a backup of the replica");
}
void LocalPart::deserialise(std::string_view /*image*/, std::string_view /*database*/) {
  refuse("replacing the database by an image", kPrimarys);
}
void LocalPart::enable_extensions(bool /*enabled*/) { refuse("loading extensions", kOnOpening); }
void LocalPart::load_extension(const Extension& /*extension*/) {
  refuse("loading an extension", kOnOpening);
}
void LocalPart::observe(EventHandler /*handler*/) {
  refuse("observing changes of rows",
         "the primary reports them by table: listen(), or in Elixir "
         "subscribe(conn, [{:changes, table}])");
}
// It would hold for what runs here, and not for what runs at the primary.
void LocalPart::set_access_policy(AccessPolicy /*policy*/) {
  refuse("an access policy", "use a token of the primary's that allows less");
}
void LocalPart::create_function(FunctionDefinition /*definition*/) {
  refuse("a function of the program's", "the primary does not have it");
}
void LocalPart::create_collation(CollationDefinition /*definition*/) {
  refuse("a collation of the program's", "the primary does not have it");
}
void LocalPart::remove_function(const std::string& /*name*/, int /*arguments*/) {
  refuse("a function of the program's", "the primary does not have it");
}
void LocalPart::remove_collation(const std::string& /*name*/) {
  refuse("a collation of the program's", "the primary does not have it");
}

}  // namespace libsql::replica
