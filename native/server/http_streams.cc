#include "server/http_streams.h"

#include <utility>

#include "server/failures.h"

namespace libsql::server {

HttpStreams::HttpStreams(boost::asio::io_context& context, const Options& options,
                         std::shared_ptr<Engine> engine, core::ThreadPool& pool,
                         std::shared_ptr<StreamCount> count)
    : options_(options),
      engine_(std::move(engine)),
      pool_(pool),
      count_(std::move(count)),
      timer_(context) {}

std::string HttpStreams::Lease::baton() const {
  const auto found = streams_->entries_.find(id_);
  if (found == streams_->entries_.end()) return {};  // The server stops.
  return streams_->batons_.write({id_, found->second.requests});
}

void HttpStreams::Lease::keep() {
  if (HttpStreams* const streams = std::exchange(streams_, nullptr)) streams->keep(id_);
}

void HttpStreams::Lease::drop() noexcept {
  if (HttpStreams* const streams = std::exchange(streams_, nullptr)) streams->drop(id_);
}

void HttpStreams::lease(const std::optional<std::string_view>& text,
                        std::function<void(Lease)> use) {
  if (!text) return lease_new(use);
  const std::optional<Baton> baton = batons_.read(*text);
  const auto found = baton ? entries_.find(baton->stream) : entries_.end();
  if (found == entries_.end()) {
    throw RequestRefused(400, "INVALID_BATON", "Received an invalid baton");
  }
  Entry& entry = found->second;
  if (!entry.stream) {
    throw RequestRefused(400, "STREAM_EXPIRED", "The stream has expired due to inactivity");
  }
  if (baton->request != entry.requests) {
    throw RequestRefused(400, "BATON_REUSED", "Received a baton that has already been used");
  }
  ++entry.requests;
  if (!entry.until) {
    entry.next = std::move(use);
    return;
  }
  entry.until.reset();
  use(Lease(*this, found->first, entry.stream));
}

void HttpStreams::lease_new(const std::function<void(Lease)>& use) {
  StreamCount::Place place = StreamCount::take(count_);
  if (!place) {
    throw RequestRefused(429, "TOO_MANY_STREAMS",
                         std::to_string(count_->most()) +
                             " streams are open, which is the limit; close those that are idle");
  }
  auto stream = std::make_shared<HttpStream>(engine_, pool_, std::move(place));
  const std::uint64_t id = ++last_id_;
  Entry& entry = entries_[id];
  entry.stream = stream;
  use(Lease(*this, id, std::move(stream)));
}

void HttpStreams::keep(std::uint64_t id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;  // The server stops.
  Entry& entry = found->second;
  if (entry.next) {
    const auto next = std::exchange(entry.next, nullptr);
    return next(Lease(*this, id, entry.stream));
  }
  entry.until = Clock::now() + options_.stream_idle_time;
  look_at(*entry.until);
}

void HttpStreams::drop(std::uint64_t id) noexcept {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  Entry entry = std::move(found->second);
  entries_.erase(found);
  if (entry.stream) entry.stream->stream.abandon();
}

void HttpStreams::expire() {
  const Clock::time_point now = Clock::now();
  std::optional<Clock::time_point> first;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool due = entry->second.until && *entry->second.until <= now;
    if (due && entry->second.stream) {
      entry->second.stream.reset();
      entry->second.until = now + options_.expired_stream_memory;
    } else if (due) {
      entry = entries_.erase(entry);
      continue;
    }
    const auto until = entry->second.until;
    if (until && (!first || *until < *first)) first = until;
    ++entry;
  }
  if (first) look_at(*first);
}

// Not for every request anew: thousands of streams that have expired may be remembered.
void HttpStreams::look_at(Clock::time_point time) {
  if (looks_ && timer_.expiry() <= time) return;
  looks_ = true;
  timer_.expires_at(time);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    looks_ = false;
    expire();
  });
}

void HttpStreams::clear() {
  timer_.cancel();
  entries_.clear();
}

}  // namespace libsql::server
