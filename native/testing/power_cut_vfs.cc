#include "testing/power_cut_vfs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "testing/shim_vfs.h"

namespace libsql::testing {
namespace {

using Op = VfsCall::Op;

constexpr std::size_t kSector = 512;
constexpr const char* kSuffixes[] = {"", "-wal", "-journal"};

// A change that no sync has brought to the disk yet.
struct Change {
  Op op;  // write, truncate or remove
  std::size_t offset;
  std::string bytes;
};

// One file: what is on the disk for certain, and the changes since.
struct Disk {
  std::optional<std::string> synced;
  std::vector<Change> since;
};

void put(std::string& content, std::size_t offset, std::string_view bytes) {
  content.resize(std::max(content.size(), offset + bytes.size()));
  content.replace(offset, bytes.size(), bytes);
}

// Applies the sectors of a write for which `keeps` returns true.
template <typename Keeps>
void apply(std::optional<std::string>& content, const Change& change, Keeps&& keeps) {
  if (change.op == Op::remove) {
    if (keeps()) content.reset();
    return;
  }
  if (!content.has_value()) content.emplace();
  if (change.op == Op::truncate) {
    if (keeps()) content->resize(change.offset);
    return;
  }
  for (std::size_t at = 0; at < change.bytes.size();) {
    const std::size_t length =
        std::min(kSector - (change.offset + at) % kSector, change.bytes.size() - at);
    if (keeps()) put(*content, change.offset + at, change.bytes.substr(at, length));
    at += length;
  }
}

bool always() { return true; }

class PowerCut final : public VfsHook {
 public:
  int before(const VfsCall& call) override {
    const bool changes = call.op == Op::write || call.op == Op::truncate || call.op == Op::sync ||
                         call.op == Op::remove;
    if (changes && callback) callback();
    return SQLITE_OK;
  }

  void after(const VfsCall& call) override {
    if (call.path.empty()) return;
    switch (call.op) {
      case Op::write:
      case Op::truncate:
        note(call);
        break;
      case Op::remove:
        note(call);
        if (call.sync_folder) sync_folder();
        break;
      case Op::sync:
        sync(call.path);
        break;
      case Op::open:
      case Op::read:
      case Op::size:
      case Op::access:
      case Op::lock:
      case Op::shm_map:
      case Op::shm_lock:
        break;
    }
  }

  [[nodiscard]] std::optional<std::string> survivor(const std::string& path,
                                                    std::mt19937_64& dice) const {
    const auto found = disks.find(path);
    if (found == disks.end()) return std::nullopt;
    // From nearly all to nearly none of the writes are lost.
    std::bernoulli_distribution keeps(std::uniform_real_distribution<>(0, 1)(dice));
    std::optional<std::string> content = found->second.synced;
    for (const Change& change : found->second.since) {
      // If the removed file comes back, a later one of that name does not exist.
      if (change.op == Op::remove && !keeps(dice)) break;
      apply(content, change, [&] { return change.op == Op::remove || keeps(dice); });
    }
    return content;
  }

  std::function<void()> callback;
  std::map<std::string, Disk, std::less<>> disks;

 private:
  Disk& disk(std::string_view path) { return disks.try_emplace(std::string(path)).first->second; }

  void note(const VfsCall& call) {
    disk(call.path).since.push_back(
        {call.op, static_cast<std::size_t>(call.offset), std::string(call.bytes)});
  }

  void sync(std::string_view path) {
    Disk& synced = disk(path);
    // SQLite's VFS for Unix syncs the folder of a journal that it has created.
    if (!synced.synced.has_value()) sync_folder();
    for (const Change& change : std::exchange(synced.since, {})) {
      apply(synced.synced, change, always);
    }
  }

  // There is one folder, so all removals in it are now permanent.
  void sync_folder() {
    for (auto& [path, file] : disks) {
      const auto removed = std::find_if(file.since.rbegin(), file.since.rend(),
                                        [](const auto& change) { return change.op == Op::remove; });
      if (removed == file.since.rend()) continue;
      file.synced.reset();
      file.since.erase(file.since.begin(), removed.base());
    }
  }
};

PowerCut& power() {
  static PowerCut the_power;
  return the_power;
}

const ShimVfs& shim() {
  static const ShimVfs kShim("power_cut", power());
  return kShim;
}

}  // namespace

std::string PowerCutVfs::location(const std::string& path) { return shim().location(path); }

void PowerCutVfs::on_change(std::function<void()> callback) {
  power().callback = std::move(callback);
}

void PowerCutVfs::forget() {
  power().disks.clear();
  power().callback = nullptr;
}

void PowerCutVfs::survivors(const std::string& path, const std::string& copy, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  for (const std::string suffix : kSuffixes) {
    const std::optional<std::string> content = power().survivor(path + suffix, dice);
    std::filesystem::remove(copy + suffix);
    if (!content.has_value()) continue;
    std::ofstream(copy + suffix, std::ios::binary) << *content;
  }
  std::filesystem::remove(copy + "-shm");
}

}  // namespace libsql::testing
