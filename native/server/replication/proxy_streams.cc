#include "server/replication/proxy_streams.h"

#include <algorithm>
#include <utility>

#include "server/failures.h"

namespace libsql::server::replication {

std::shared_ptr<Stream> ProxyStreams::find(std::string_view client) {
  auto found = entries_.find(client);
  if (found == entries_.end()) {
    StreamCount::Place place = StreamCount::take(count_);
    if (!place) {
      throw RequestRefused(429, "TOO_MANY_STREAMS",
                           std::to_string(count_->most()) +
                               " streams are open, which is the limit; close those that are idle");
    }
    Entry entry{std::move(place), std::make_shared<Stream>(engine_, pool_), {}};
    found = entries_.emplace(client, std::move(entry)).first;
  }
  found->second.used = Clock::now();
  if (!waiting_) set_timer();
  return found->second.stream;
}

void ProxyStreams::drop(std::string_view client) {
  const auto found = entries_.find(client);
  if (found != entries_.end()) entries_.erase(found);
}

void ProxyStreams::clear() {
  entries_.clear();
  timer_.cancel();
}

// A stream that a request uses has another owner.
void ProxyStreams::expire() {
  const Clock::time_point oldest = Clock::now() - kIdleTime;
  std::erase_if(entries_, [oldest](const auto& item) {
    return item.second.used <= oldest && item.second.stream.use_count() == 1;
  });
  if (!entries_.empty()) set_timer();
}

void ProxyStreams::set_timer() {
  waiting_ = true;
  timer_.expires_after(kIdleTime / 2);
  timer_.async_wait([this](const boost::system::error_code& error) {
    waiting_ = false;
    if (!error) expire();
  });
}

}  // namespace libsql::server::replication
