// Maps connection ids to connections, and holds a reference to each while its owner lives.
#ifndef LIBSQL_NIF_REGISTRY_H_
#define LIBSQL_NIF_REGISTRY_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/mutex.h"

namespace libsql::nif {

class ConnectionObject;
using ConnectionPtr = std::shared_ptr<ConnectionObject>;

// Threads: thread-safe; holds a mutex for the length of one look-up only.
class Registry {
 public:
  Registry();

  // "conn_" and a number that no other load of this library gives.
  [[nodiscard]] std::string new_id();

  // Makes the id known, and keeps the connection alive until drop_owner() or remove().
  void add(const std::string& id, const ConnectionPtr& connection);
  // Null if there is no such connection, or it is being closed.
  [[nodiscard]] ConnectionPtr find(std::string_view id) const;
  // The owner is dead: from now on only handles keep the connection alive.
  void drop_owner(std::string_view id) noexcept;
  void remove(std::string_view id) noexcept;
  // The library is being unloaded: drops every owner's reference.
  void drop_all_owners() noexcept;

 private:
  struct Entry {
    std::weak_ptr<ConnectionObject> connection;
    ConnectionPtr owned;  // null once the owner is dead
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const noexcept {
      return std::hash<std::string_view>()(id);
    }
  };
  struct Shard {
    mutable core::Mutex mutex;
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries LIBSQL_GUARDED_BY(mutex);
  };

  static constexpr std::size_t kShards = 16;
  [[nodiscard]] Shard& shard(std::string_view id) noexcept;
  [[nodiscard]] const Shard& shard(std::string_view id) const noexcept;

  std::uint32_t load_;  // part of each id: different for each load of the library
  std::atomic<std::uint64_t> next_{1};
  std::array<Shard, kShards> shards_;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_REGISTRY_H_
