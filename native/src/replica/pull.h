// What a pull is asked for, and what it reports: common to all protocols.
#ifndef LIBSQL_REPLICA_PULL_H_
#define LIBSQL_REPLICA_PULL_H_

#include <cstdint>
#include <optional>

namespace libsql::replica {

struct Goal {
  // The frame to reach. Nothing: the primary's head as it is when the pull begins.
  std::optional<std::uint64_t> frame;
};

struct Pulled {
  std::uint64_t pages = 0;  // images of pages
  // What is needed was the whole database: schemas that connections know may be others'.
  bool replaced = false;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_PULL_H_
