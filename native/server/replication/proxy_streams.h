// The SQL connections of replicas, by the identifiers that their clients choose.
#ifndef LIBSQL_SERVER_REPLICATION_PROXY_STREAMS_H_
#define LIBSQL_SERVER_REPLICATION_PROXY_STREAMS_H_

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/thread_pool.h"
#include "server/stream.h"
#include "server/stream_count.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace libsql::server::replication {

// Threads: thread-bound, to the I/O thread.
class ProxyStreams {
 public:
  // As sqld: a connection that nobody has used for so long ends, with its transaction.
  static constexpr std::chrono::seconds kIdleTime{30};

  ProxyStreams(boost::asio::io_context& context, std::shared_ptr<Engine> engine,
               core::ThreadPool& pool, std::shared_ptr<StreamCount> count)
      : engine_(std::move(engine)), pool_(pool), count_(std::move(count)), timer_(context) {}

  // The connection of that client, a new one if need be. Errors: RequestRefused 429 beyond the
  // limit of streams.
  [[nodiscard]] std::shared_ptr<Stream> find(std::string_view client);
  // It ends. An unknown one is fine.
  void drop(std::string_view client);
  // All end.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    StreamCount::Place place;
    std::shared_ptr<Stream> stream;
    Clock::time_point used;
  };

  void expire();
  void set_timer();

  std::shared_ptr<Engine> engine_;
  core::ThreadPool& pool_;
  std::shared_ptr<StreamCount> count_;
  boost::asio::steady_timer timer_;
  bool waiting_ = false;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_PROXY_STREAMS_H_
