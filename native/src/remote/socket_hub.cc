#include "remote/socket_hub.h"

#include <algorithm>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

namespace libsql::remote {

namespace {

using std::chrono::steady_clock;

// Between the last stream on an old socket and its end, so that a busy socket never ends between
// two requests.
constexpr std::chrono::milliseconds kLinger{1'000};

}  // namespace

SocketHub::SocketHub(std::shared_ptr<SocketOrigin> origin)
    : origin_(std::move(origin)),
      timer_(origin_->context()),
      retirement_(origin_->context()),
      keeping_(origin_->context()) {}

// --- From any thread ---

void SocketHub::begin(const std::shared_ptr<SocketExchange>& exchange) {
  const bool asks = origin_->asks_for_token();
  boost::asio::post(origin_->context(), [self = shared_from_this(), exchange, asks] {
    exchange->watch_deadline([self, exchange] {
      self->give_up(exchange, Error(ErrorKind::timeout, "the server did not answer in time"));
    });
    if (asks) return;
    exchange->token = self->origin_->token();
    self->start(exchange);
  });
  if (asks) ask_token(exchange);
}

void SocketHub::ask_token(const std::shared_ptr<SocketExchange>& exchange) {
  origin_->ask_token([self = shared_from_this(), exchange](const std::optional<AuthToken>& token,
                                                           const Error* error) {
    std::optional<Error> failure;
    if (error != nullptr) failure = *error;
    boost::asio::post(self->origin_->context(), [self, exchange, token, failure] {
      if (failure) {
        exchange->fail(*failure, Executed::no);
      } else if (!exchange->finished()) {
        exchange->token = token;
        self->start(exchange);
      }
    });
  });
}

void SocketHub::refuse(const std::shared_ptr<SocketExchange>& exchange, const Error& error) {
  boost::asio::post(origin_->context(), [exchange, error] { exchange->fail(error, Executed::no); });
}

void SocketHub::cancel(const std::shared_ptr<SocketExchange>& exchange) noexcept {
  boost::asio::post(origin_->context(), [self = shared_from_this(), exchange] {
    self->give_up(exchange, Error(ErrorKind::interrupted, "interrupted"));
  });
}

void SocketHub::close_cursor(const std::shared_ptr<SocketStreamState>& stream) noexcept {
  const auto cursor = stream->cursor();
  if (cursor == nullptr) return;
  stream->set_cursor(nullptr);
  boost::asio::post(origin_->context(), [stream, cursor] {
    if (const auto link = stream->link()) link->close_cursor(cursor->id());
  });
}

void SocketHub::abandon(const std::shared_ptr<SocketStreamState>& stream) noexcept {
  if (!stream->current() && !stream->id()) return;
  boost::asio::post(origin_->context(), [self = shared_from_this(), stream] {
    if (const auto exchange = stream->current()) {
      self->give_up(exchange, Error(ErrorKind::interrupted, "interrupted"));
      return;
    }
    const auto link = stream->link();
    const auto id = stream->id();
    if (!link || !id || !link->is_open()) return;
    if (const auto cursor = stream->cursor()) link->close_cursor(cursor->id());
    link->close_stream(*id);
  });
}

void SocketHub::shut_down() noexcept {
  boost::asio::post(origin_->context(), [self = shared_from_this()] {
    self->timer_.cancel();
    self->retirement_.cancel();
    self->keeping_.cancel();
    if (const auto link = std::exchange(self->link_, nullptr)) link->close();
  });
}

// --- On the I/O thread ---

void SocketHub::start(const std::shared_ptr<SocketExchange>& exchange) {
  if (exchange->spec().opens_stream) {
    place(exchange);
    return;
  }
  const auto link = exchange->stream().link();
  if (!link || !link->is_open()) {
    exchange->fail(Error(ErrorKind::io, "the WebSocket of the stream was lost"), Executed::no);
  } else if (!link->serves(exchange->token)) {
    // Version 1 knows no second hello; the stream goes on with the token that it has.
    exchange->token = link->token();
    link->run(exchange);
  } else {
    link->run(exchange);
  }
}

void SocketHub::give_up(const std::shared_ptr<SocketExchange>& exchange, const Error& error) {
  if (exchange->finished()) return;
  const auto& spec = exchange->spec();
  const auto link = exchange->stream().link();
  const bool is_on_link = exchange->on_socket || !spec.opens_stream;
  if (link && link->is_open() && is_on_link) link->drop(*exchange);
  const bool may_have_run = exchange->sent > (spec.opens_stream ? 1U : 0U);
  exchange->fail(error, may_have_run ? Executed::unknown : Executed::no);
}

void SocketHub::place(const std::shared_ptr<SocketExchange>& exchange) {
  if (link_ && link_->is_open() && !link_->serves(exchange->token)) {
    // Its streams go on; it ends with the last of them.
    const auto old = std::exchange(link_, nullptr);
    if (old->live_streams() == 0) link_idle(*old);
  }
  if (link_ && link_->is_open()) {
    link_->run(exchange);
    return;
  }
  waiting_.push_back(exchange);
  if (!link_ && !backoff_) connect();
}

void SocketHub::connect() {
  if (!backoff_) backoff_.emplace(origin_->environment().backoff);
  const auto first =
      std::ranges::find_if(waiting_, [](const auto& exchange) { return !exchange->finished(); });
  link_ = std::make_shared<SocketLink>(origin_, weak_from_this());
  link_->connect(first == waiting_.end() ? std::nullopt : (*first)->token);
}

bool SocketHub::somebody_waits() {
  std::erase_if(waiting_, [](const auto& exchange) { return exchange->finished(); });
  return !waiting_.empty();
}

void SocketHub::link_opened() {
  backoff_.reset();
  run_waiting();
  if (link_ && link_->live_streams() == 0) link_idle(*link_);
}

void SocketHub::run_waiting() {
  for (const auto& exchange : std::exchange(waiting_, {})) {
    if (!exchange->finished()) place(exchange);
  }
}

void SocketHub::link_refused(const Error& error, bool retry, std::chrono::seconds retry_after) {
  link_.reset();
  const auto wait = backoff_->next(origin_->environment().draw(), retry_after);
  if (!retry || !wait || !somebody_waits()) {
    backoff_.reset();
    fail_waiting(error);
    return;
  }
  timer_.expires_after(*wait);
  timer_.async_wait([self = shared_from_this()](const Code& cancelled) {
    if (cancelled) return;
    if (self->somebody_waits()) {
      self->connect();
    } else {
      self->backoff_.reset();
    }
  });
}

void SocketHub::fail_waiting(const Error& error) {
  for (const auto& exchange : std::exchange(waiting_, {})) exchange->fail(error, Executed::no);
}

void SocketHub::link_lost(const SocketLink& link) {
  if (link_.get() == &link) link_.reset();
}

void SocketHub::start_again(std::shared_ptr<SocketExchange> exchange) { place(exchange); }

void SocketHub::link_idle(SocketLink& link) {
  if (&link != link_.get()) {
    // Another one has taken its place. Not from within its own call.
    boost::asio::post(origin_->context(), [ended = link.shared_from_this()] { ended->close(); });
    return;
  }
  idle_since_ = steady_clock::now();
  if (!retiring_) retire_later();
}

steady_clock::time_point SocketHub::retirement_time() const {
  const auto age = origin_->environment().longest_age;
  return std::max(link_->opened_at() + age, idle_since_ + std::min(kLinger, age));
}

// The timer is not set anew with every stream, but looks when it fires.
void SocketHub::retire_later() {
  retiring_ = true;
  retirement_.expires_at(retirement_time());
  retirement_.async_wait([self = shared_from_this()](const Code& cancelled) {
    if (!cancelled) self->retire();
  });
}

void SocketHub::retire() {
  retiring_ = false;
  if (!link_ || !link_->is_open() || link_->live_streams() > 0) return;
  if (retirement_time() > steady_clock::now()) return retire_later();
  link_->close();
}

void SocketHub::stream_kept() {
  if (std::exchange(keeping_streams_, true)) return;
  keeping_.expires_after(KeptStreams::kLifetime);
  keeping_.async_wait([self = shared_from_this()](const Code& cancelled) {
    self->keeping_streams_ = false;
    if (!cancelled) self->end_overdue_streams();
  });
}

void SocketHub::end_overdue_streams() {
  KeptStreams& kept = origin_->kept_streams();
  for (const KeptStream& stream : kept.take_overdue()) SocketLink::end(*origin_, stream);
  if (!kept.empty()) stream_kept();
}

}  // namespace libsql::remote
