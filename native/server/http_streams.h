// The streams that HTTP requests share by their batons: who may use one now, and how long it waits
// for the next request.
#ifndef LIBSQL_SERVER_HTTP_STREAMS_H_
#define LIBSQL_SERVER_HTTP_STREAMS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/batons.h"
#include "server/options.h"
#include "server/sql_store.h"
#include "server/stream.h"
#include "server/stream_count.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace libsql::server {

// A stream and the SQL stored for it.
struct HttpStream {
  HttpStream(std::shared_ptr<Engine> engine, core::ThreadPool& pool, StreamCount::Place where)
      : stream(std::move(engine), pool), place(std::move(where)) {}

  Stream stream;
  SqlStore texts{SqlStore::kHttp};  // Used by the stream's tasks alone.
  StreamCount::Place place;
};

// Threads: thread-bound, to the I/O thread.
class HttpStreams {
 public:
  HttpStreams(boost::asio::io_context& context, const Options& options,
              std::shared_ptr<Engine> engine, core::ThreadPool& pool,
              std::shared_ptr<StreamCount> count);

  // The use of a stream for one request. Ended by keep(), drop() or its destruction, which drops.
  class Lease {
   public:
    Lease(HttpStreams& streams, std::uint64_t id, std::shared_ptr<HttpStream> stream)
        : streams_(&streams), id_(id), stream_(std::move(stream)) {}
    Lease(Lease&& other) noexcept
        : streams_(std::exchange(other.streams_, nullptr)),
          id_(other.id_),
          stream_(std::move(other.stream_)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease() { drop(); }

    [[nodiscard]] HttpStream& stream() const noexcept { return *stream_; }
    // For the request that comes next; it waits until this one has ended.
    [[nodiscard]] std::string baton() const;
    // The stream waits for its next request, but not for ever.
    void keep();
    // The stream ends.
    void drop() noexcept;

   private:
    HttpStreams* streams_;
    std::uint64_t id_;
    std::shared_ptr<HttpStream> stream_;
  };

  // Calls `use` with the stream of this baton, a new one if there is none: at once, or when the
  // request before it has ended. Errors: RequestRefused: 400 for a baton that is invalid or was
  // used, and for a stream that has expired, 429 beyond the limit.
  void lease(const std::optional<std::string_view>& baton, std::function<void(Lease)> use);
  // All end.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    std::shared_ptr<HttpStream> stream;      // Null: the stream has expired, and is remembered.
    std::uint64_t requests = 0;              // Batons that were used or replaced.
    std::optional<Clock::time_point> until;  // None while a request uses it.
    std::function<void(Lease)> next;         // Waits for that request's end.
  };

  void lease_new(const std::function<void(Lease)>& use);
  void keep(std::uint64_t id);
  void drop(std::uint64_t id) noexcept;
  void expire();
  // Calls expire() at this time, or before.
  void look_at(Clock::time_point time);

  const Options& options_;
  std::shared_ptr<Engine> engine_;
  core::ThreadPool& pool_;
  std::shared_ptr<StreamCount> count_;
  Batons batons_;
  boost::asio::steady_timer timer_;
  bool looks_ = false;  // It runs.
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Entry> entries_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_HTTP_STREAMS_H_
