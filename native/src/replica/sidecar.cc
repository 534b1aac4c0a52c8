#include "replica/sidecar.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <sqlite3.h>

#include "libsql/error.h"
#include "replica/record.h"

namespace libsql::replica {

namespace {

constexpr std::string_view kSidecarLine = "libsql-replica 1";
constexpr std::string_view kSidecarWord = "libsql-replica ";
constexpr std::string_view kLiveLine = "libsql-replica-live 1";
// A live record is written at once, and a shorter one must cover a longer one.
constexpr std::size_t kLiveBytes = 4096;
constexpr std::chrono::milliseconds kLockPoll{5};

void put(Record& record, const Position& position) {
  record.set("protocol", static_cast<std::uint64_t>(position.protocol));
  record.set("history", std::string_view(position.history));
  if (position.frame) record.set("frame", *position.frame);
  record.set("revision", std::string_view(position.revision));
}

std::optional<Position> position_in(const Record& record) {
  const auto protocol = record.number("protocol");
  const auto history = record.text("history");
  const auto revision = record.text("revision");
  constexpr auto kLast = static_cast<std::uint64_t>(Protocol::updates);
  if (!protocol || *protocol > kLast || !history || !revision) return std::nullopt;
  return Position{static_cast<Protocol>(*protocol), *history, record.number("frame"), *revision};
}

void put(Record& record, const LogState& log) {
  record.set("log_salt",
             std::string_view(reinterpret_cast<const char*>(log.salt.data()), log.salt.size()));
  record.set("log_frames", log.frames);
  record.set("log_sum_1", log.sums.first);
  record.set("log_sum_2", log.sums.second);
}

std::optional<LogState> log_in(const Record& record) {
  const auto salt = record.text("log_salt");
  const auto frames = record.number("log_frames");
  const auto first = record.number("log_sum_1");
  const auto second = record.number("log_sum_2");
  LogState log;
  if (!salt || salt->size() != log.salt.size() || !frames || !first || !second) return std::nullopt;
  std::copy(salt->begin(), salt->end(), log.salt.begin());
  log.frames = static_cast<std::uint32_t>(*frames);
  log.sums = {static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*second)};
  return log;
}

std::optional<Sidecar> sidecar_in(const Record& record) {
  const auto primary = record.text("primary");
  const auto position = position_in(record);
  const auto pages = record.number("pages");
  const auto dirty = record.number("dirty");
  const auto inode = record.number("file_inode");
  const auto born = record.number("file_born");
  const auto log = log_in(record);
  const auto serial = record.number("serial");
  if (!primary || !position || !pages || !dirty || !inode || !born || !log || !serial) {
    return std::nullopt;
  }
  return Sidecar{*primary,    *position,          static_cast<std::uint32_t>(*pages),
                 *dirty != 0, {*inode, *born, 0}, *log,
                 *serial};
}

std::optional<LiveRecord> live_in(const Record& record) {
  const auto boot = record.text("boot");
  const auto serial = record.number("serial");
  const auto position = position_in(record);
  const auto pages = record.number("pages");
  const auto log = log_in(record);
  const auto pending = record.number("pending");
  if (!boot || !serial || !position || !pages || !log || !pending) return std::nullopt;
  return LiveRecord{*boot, *serial,      *position, static_cast<std::uint32_t>(*pages),
                    *log,  *pending != 0};
}

std::string remedy(const std::filesystem::path& database) {
  return "; to replicate anew, delete it and " + database.string();
}

}  // namespace

std::filesystem::path sidecar_path(const std::filesystem::path& database) {
  return database.string() + "-replica";
}
std::filesystem::path lock_path(const std::filesystem::path& database) {
  return database.string() + "-replica.lock";
}

std::optional<Sidecar> load_sidecar(const std::filesystem::path& database) {
  const std::filesystem::path file = sidecar_path(database);
  const std::optional<std::string> bytes = read_small_file(file);
  if (!bytes) return std::nullopt;
  if (const auto record = Record::decode(*bytes, kSidecarLine)) {
    if (auto sidecar = sidecar_in(*record)) return sidecar;
  }
  const std::string_view first = std::string_view(*bytes).substr(0, bytes->find('\n'));
  if (first.starts_with(kSidecarWord) && first != kSidecarLine) {
    throw Error(ErrorKind::unsupported, file.string() + " is of version " +
                                            std::string(first.substr(kSidecarWord.size())) +
                                            ", this library knows version 1" + remedy(database));
  }
  throw Error(ErrorKind::corrupt, file.string() + " is damaged" + remedy(database));
}

void store_sidecar(const std::filesystem::path& database, Sidecar* sidecar) {
  sqlite3_randomness(sizeof sidecar->serial, &sidecar->serial);
  Record record;
  record.set("primary", std::string_view(sidecar->primary));
  put(record, sidecar->position);
  record.set("pages", sidecar->pages);
  record.set("dirty", sidecar->dirty ? 1U : 0U);
  record.set("file_inode", sidecar->file.inode);
  record.set("file_born", sidecar->file.born);
  put(record, sidecar->log);
  record.set("serial", sidecar->serial);
  replace_file(sidecar_path(database), record.encode(kSidecarLine));
}

void remove_sidecar(const std::filesystem::path& database) {
  std::error_code failed;
  std::filesystem::remove(sidecar_path(database), failed);
  if (failed) {
    errno = failed.value();
    throw_system_error("remove", sidecar_path(database));
  }
}

ReplicaLock::ReplicaLock(int descriptor, std::filesystem::path file)
    : descriptor_(descriptor), file_(std::move(file)), boot_(boot_id()) {}

std::unique_ptr<ReplicaLock> ReplicaLock::acquire(const std::filesystem::path& database,
                                                  std::chrono::milliseconds patience) {
  const std::filesystem::path file = lock_path(database);
  const auto give_up = std::chrono::steady_clock::now() + patience;
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) throw_system_error("open", file);
  // Not make_unique: the constructor is private.
  std::unique_ptr<ReplicaLock> lock(new ReplicaLock(descriptor, file));
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) throw_system_error("lock", file);
    if (std::chrono::steady_clock::now() >= give_up) return nullptr;
    std::this_thread::sleep_for(kLockPoll);
  }
  return lock;
}

std::optional<LiveRecord> ReplicaLock::load(std::uint64_t serial) const {
  std::array<char, kLiveBytes> bytes{};
  const ssize_t count = ::pread(descriptor_.get(), bytes.data(), bytes.size(), 0);
  if (count < 0) throw_system_error("read", file_);
  const auto record = Record::decode({bytes.data(), static_cast<std::size_t>(count)}, kLiveLine);
  const auto live = record ? live_in(*record) : std::nullopt;
  const bool counts = live && live->serial == serial && live->boot == boot_ && !boot_.empty();
  return counts ? live : std::nullopt;
}

void ReplicaLock::store(const LiveRecord& live) const {
  Record record;
  record.set("boot", std::string_view(boot_));
  record.set("serial", live.serial);
  put(record, live.position);
  record.set("pages", live.pages);
  put(record, live.log);
  record.set("pending", live.pending ? 1U : 0U);
  std::string bytes = record.encode(kLiveLine);
  // A longer one does not count, and the sidecar's position is used in its place.
  bytes.resize(kLiveBytes);
  const ssize_t written = ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), 0);
  if (written != static_cast<ssize_t>(bytes.size())) throw_system_error("write", file_);
}

}  // namespace libsql::replica
