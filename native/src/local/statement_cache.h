// The compiled statements of one connection by their text; evicts the least recently used.
#ifndef LIBSQL_LOCAL_STATEMENT_CACHE_H_
#define LIBSQL_LOCAL_STATEMENT_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "local/statement.h"

namespace libsql::local {

// A statement in use is taken out of its slot, which stays, so that giving it back is cheap.
//
// Threads: thread-compatible, together with its connection.
class StatementCache {
 public:
  explicit StatementCache(std::size_t capacity) : capacity_(capacity) {}

  // Takes out the statement of this text; null if there is none or it is in use already.
  [[nodiscard]] std::unique_ptr<LocalStatement> take(std::string_view sql);
  // Makes a slot for a statement that the caller is about to use. Its text becomes the key.
  void reserve(LocalStatement& statement);
  // Takes a statement back; finalises it if it has no slot any more.
  void give_back(std::unique_ptr<LocalStatement> statement) noexcept;
  void remove(std::string_view sql);
  void clear();

  [[nodiscard]] std::size_t size() const noexcept { return by_text_.size(); }
  [[nodiscard]] std::uint64_t hits() const noexcept { return hits_; }
  [[nodiscard]] std::uint64_t misses() const noexcept { return misses_; }

 private:
  using Slots = std::list<CacheSlot>;
  void evict();

  const std::size_t capacity_;
  Slots slots_;                                                    // Most recently used first.
  std::unordered_map<std::string_view, Slots::iterator> by_text_;  // Keys point into the slots.
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_STATEMENT_CACHE_H_
