// Request and answer of POST /pull-updates: the newest image of each page that has changed.
#ifndef LIBSQL_REPLICA_PAGE_UPDATES_H_
#define LIBSQL_REPLICA_PAGE_UPDATES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "replica/chunks.h"
#include "replica/page.h"

namespace libsql::replica {

// Errors of all that follows: hrana::Malformed.

// What is wanted. A value type.
struct UpdatesRequest {
  std::string after;          // the revision that the replica has; empty: everything
  std::uint32_t wait_ms = 0;  // how long the server may wait for changes
};
[[nodiscard]] std::string encode(const UpdatesRequest& request);

// What the pages lead to.
struct UpdatesHeader {
  std::string revision;
  std::uint32_t pages = 0;  // of the database
  bool replaces = false;    // the answer is the whole database, in place of the replica's
};

// Reads an answer while it arrives: a header, then pages.
// Threads: thread-compatible.
class UpdatesReader {
 public:
  struct Sink {
    std::function<void(const UpdatesHeader&)> header;
    std::function<void(PageNumber number, ConstBytes image)> page;
  };
  void feed(std::string_view body, const Sink& sink);
  // The body has ended. Errors also: truncated, also without a header.
  void finish() const;

 private:
  enum class State : std::uint8_t { length, message };

  State state_ = State::length;
  Chunks chunks_;
  std::size_t length_ = 0;
  bool has_header_ = false;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_PAGE_UPDATES_H_
