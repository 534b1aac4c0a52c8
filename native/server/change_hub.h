// Tells listeners which tables a commit has changed, as sqld's /beta/listen does: how many rows
// were inserted, updated and deleted.
#ifndef LIBSQL_SERVER_CHANGE_HUB_H_
#define LIBSQL_SERVER_CHANGE_HUB_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "libsql/events.h"

#include <boost/asio/io_context.hpp>

namespace libsql::server {

struct ChangeCounts {
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  std::uint64_t deleted = 0;
};

// Threads: collect() makes handlers for any thread, one at a time each; the rest is bound to the
// I/O thread.
class ChangeHub : public std::enable_shared_from_this<ChangeHub> {
 public:
  using Listener = std::function<void(const ChangeCounts&)>;

  explicit ChangeHub(boost::asio::io_context& context) : context_(context) {}

  // Gathers the events of one connection, commit by commit.
  [[nodiscard]] EventHandler collect();

  // Calls `listener` after each commit that has changed `table` of the main database, until the
  // result is destroyed.
  [[nodiscard]] std::shared_ptr<void> listen(const std::string& table, Listener listener);

 private:
  using Commit = std::map<std::string, ChangeCounts>;

  void publish(const Commit& commit);

  boost::asio::io_context& context_;
  std::uint64_t last_id_ = 0;
  std::map<std::string, std::map<std::uint64_t, Listener>> listeners_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_CHANGE_HUB_H_
