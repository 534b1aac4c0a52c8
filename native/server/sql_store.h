// Texts that clients store on the server and name by an id: per stream over HTTP, per socket over a
// WebSocket.
#ifndef LIBSQL_SERVER_SQL_STORE_H_
#define LIBSQL_SERVER_SQL_STORE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hrana/messages.h"

namespace libsql::server {

// Threads: thread-compatible.
class SqlStore {
 public:
  struct Limits {
    std::size_t texts;
    std::size_t bytes_per_text;
  };
  // Those of sqld.
  static constexpr Limits kHttp{50, 5000};
  static constexpr Limits kSocket{150, std::size_t{64} << 20};

  explicit SqlStore(const Limits& limits) : limits_(limits) {}

  // An id that is in use gets the new text, as in Turso.
  // Errors: SqlError SQL_STORE_TOO_MANY, SQL_STORE_TOO_LARGE.
  void put(std::int32_t id, std::string_view sql);
  // An unknown id is fine.
  void remove(std::int32_t id) { texts_.erase(id); }
  // Errors: RequestRefused if there is none.
  [[nodiscard]] std::shared_ptr<const std::string> find(std::int32_t id) const;
  [[nodiscard]] bool empty() const noexcept { return texts_.empty(); }

 private:
  Limits limits_;
  std::map<std::int32_t, std::shared_ptr<const std::string>> texts_;
};

// The texts that a request has in place of ids; they live as long as this object.
class ResolvedSql {
 public:
  // Replaces every id in `request` by the text it stands for now.
  // Errors: RequestRefused for an unknown id.
  void resolve(hrana::Request& request, const SqlStore& store);
  void resolve(hrana::Batch& batch, const SqlStore& store);
  void clear() noexcept { texts_.clear(); }

 private:
  void resolve(hrana::SqlSource& sql, const SqlStore& store);

  std::vector<std::shared_ptr<const std::string>> texts_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_SQL_STORE_H_
