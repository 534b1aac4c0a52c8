#include "server/listen.h"

#include <chrono>
#include <deque>
#include <set>
#include <string>
#include <utility>

#include "server/change_hub.h"
#include "server/failures.h"
#include "server/query_string.h"

#include <boost/asio/steady_timer.hpp>

namespace libsql::server {
namespace {

constexpr std::chrono::seconds kKeepAlive{15};  // As in sqld.
constexpr std::size_t kMostWaiting = 1024;
constexpr std::string_view kHeartbeat = ": keep-alive\n\n";
constexpr std::string_view kLost = "event: error\ndata: some changes were lost\n\n";

struct Filter {
  std::string table;
  std::set<std::string> actions;  // Empty: all.

  [[nodiscard]] bool wants(const ChangeCounts& counts) const {
    return actions.empty() || (counts.inserted > 0 && actions.count("insert") != 0) ||
           (counts.updated > 0 && actions.count("update") != 0) ||
           (counts.deleted > 0 && actions.count("delete") != 0);
  }
};

Filter read_filter(const HttpRequest& request) {
  Filter filter;
  for (auto& [name, value] : parse_query(request.query)) {
    if (name == "table") {
      filter.table = std::move(value);
    } else if (name == "action") {
      if (value != "insert" && value != "update" && value != "delete") {
        throw RequestRefused(400, "MALFORMED_REQUEST",
                             "an action must be insert, update or delete");
      }
      filter.actions.insert(std::move(value));
    }
  }
  if (filter.table.empty()) {
    throw RequestRefused(400, "MALFORMED_REQUEST", "the query must name a table");
  }
  return filter;
}

std::string event_of(const ChangeCounts& counts) {
  std::string members;
  const auto add = [&members](const char* name, std::uint64_t count) {
    if (count == 0) return;
    members += (members.empty() ? "\"" : ",\"") + std::string(name) + "\":" + std::to_string(count);
  };
  add("delete", counts.deleted);
  add("insert", counts.inserted);
  add("update", counts.updated);
  return "event: changes\ndata: {" + members + "}\n\n";
}

// One client. Kept alive by its handler of the disconnect.
class Listening : public std::enable_shared_from_this<Listening> {
 public:
  Listening(Services& services, Filter filter, HttpReply reply)
      : filter_(std::move(filter)), reply_(std::move(reply)), timer_(services.context) {}

  void start(ChangeHub& changes) {
    reply_.begin(200, "text/event-stream");
    reply_.on_disconnect([self = shared_from_this()] { self->stop(); });
    reply_.cut_when_stopping();
    registration_ = changes.listen(filter_.table, [self = weak_from_this()](const auto& counts) {
      if (const auto listening = self.lock()) listening->on_change(counts);
    });
    write({});  // The head.
  }

 private:
  void on_change(const ChangeCounts& counts) {
    if (!filter_.wants(counts)) return;
    if (waiting_.size() < kMostWaiting) {
      waiting_.push_back(event_of(counts));
    } else {
      lost_ = true;
    }
    if (!writing_) write_next();
  }

  void write_next() {
    if (!waiting_.empty()) {
      std::string event = std::move(waiting_.front());
      waiting_.pop_front();
      return write(std::move(event));
    }
    if (std::exchange(lost_, false)) return write(std::string(kLost));
    timer_.expires_after(kKeepAlive);
    timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
      const auto listening = self.lock();
      if (!error && listening && !listening->writing_) listening->write(std::string(kHeartbeat));
    });
  }

  void write(std::string bytes) {
    writing_ = true;
    timer_.cancel();
    reply_.write(std::move(bytes), [self = weak_from_this()] {
      const auto listening = self.lock();
      if (!listening) return;
      listening->writing_ = false;
      listening->write_next();
    });
  }

  void stop() {
    registration_.reset();
    timer_.cancel();
  }

  const Filter filter_;
  HttpReply reply_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<void> registration_;
  std::deque<std::string> waiting_;
  bool writing_ = false;
  bool lost_ = false;
};

}  // namespace

// A handler of the router. NOLINTNEXTLINE(performance-unnecessary-value-param)
void serve_listen(Services& services, HttpRequest request, HttpReply reply) {
  try {
    static_cast<void>(
        services.authenticator.by_header(request.header(boost::beast::http::field::authorization)));
    Filter filter = read_filter(request);
    if (!services.engine->observer) {
      throw RequestRefused(501, "UNSUPPORTED",
                           "this server's SQLite was built without the pre-update hook");
    }
    std::make_shared<Listening>(services, std::move(filter), std::move(reply))
        ->start(*services.changes);
  } catch (const RequestRefused& error) {
    reply.send(json_error(error.status(), error.view()));
  }
}

}  // namespace libsql::server
