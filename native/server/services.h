// What the parts of one server share.
#ifndef LIBSQL_SERVER_SERVICES_H_
#define LIBSQL_SERVER_SERVICES_H_

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/thread_pool.h"
#include "server/authenticator.h"
#include "server/change_hub.h"
#include "server/http_streams.h"
#include "server/options.h"
#include "server/replication/proxy_streams.h"
#include "server/replication/session_token.h"
#include "server/stream_count.h"

#include <boost/asio/io_context.hpp>

namespace libsql::server {

// A client's connection, as the end of the server sees it.
//
// Threads: thread-bound, to the I/O thread.
class Peer {
 public:
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;

  // Ends when what is under way has been answered.
  virtual void finish() = 0;
  // Ends now.
  virtual void shut() noexcept = 0;
};

// The connections that are open.
//
// Threads: thread-bound, to the I/O thread.
class Peers {
 public:
  void add(const std::shared_ptr<Peer>& peer) {
    std::erase_if(peers_, [](const std::weak_ptr<Peer>& other) { return other.expired(); });
    peers_.push_back(peer);
  }
  [[nodiscard]] bool empty() const {
    return std::ranges::all_of(peers_,
                               [](const std::weak_ptr<Peer>& peer) { return peer.expired(); });
  }
  // Calls `action` with each.
  template <typename Action>
  void for_each(Action action) {
    for (const std::weak_ptr<Peer>& weak : std::vector(peers_)) {
      if (const auto peer = weak.lock()) action(*peer);
    }
  }

 private:
  std::vector<std::weak_ptr<Peer>> peers_;
};

// Lifetime: outlives everything that runs on the I/O thread.
struct Services {
  Services(boost::asio::io_context& io, const Options& chosen, std::shared_ptr<Engine> sessions,
           std::shared_ptr<ChangeHub> hub)
      : context(io),
        options(chosen),
        engine(std::move(sessions)),
        changes(std::move(hub)),
        authenticator(options),
        http_streams(context, options, engine, pool, streams),
        proxy_streams(context, engine, pool, streams) {}

  boost::asio::io_context& context;
  const Options options;
  core::ThreadPool pool{{}};
  const std::shared_ptr<Engine> engine;
  const std::shared_ptr<ChangeHub> changes;
  const std::shared_ptr<StreamCount> streams = std::make_shared<StreamCount>(options.most_streams);
  const Authenticator authenticator;
  Peers peers;
  HttpStreams http_streams;
  replication::ProxyStreams proxy_streams;
  const replication::SessionToken session_token;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_SERVICES_H_
