#include "remote/socket_link.h"

#include <limits>
#include <utility>

#include "hrana/malformed.h"
#include "remote/server_error.h"
#include "remote/socket_failure.h"

namespace libsql::remote {

namespace {

using hrana::RequestType;

// sqld runs one request of a stream and queues eight; the next one stops it reading the whole
// socket.
constexpr std::size_t kWindow = 8;

// Closing codes (RFC 6455, section 7.4.1).
constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kWrongKind = 1003;
constexpr std::uint16_t kMalformed = 1007;

// Thrown through the decoder: the answer waits for those before it.
struct AnswerIsEarly {};

constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

}  // namespace

SocketLink::SocketLink(std::shared_ptr<SocketOrigin> origin, std::weak_ptr<SocketLinkOwner> owner)
    : origin_(std::move(origin)), owner_(std::move(owner)) {}

void SocketLink::connect(const std::optional<AuthToken>& token) {
  socket_ = std::make_shared<WebSocket>(origin_->way(), origin_->environment().socket,
                                        origin_->request(token), shared_from_this());
  socket_->start();
}

bool SocketLink::serves(const std::optional<AuthToken>& token) const {
  return subprotocol_.version >= 2 || hellos_sent_ == 0 || token == token_;
}

// --- What is sent ---

void SocketLink::send(std::shared_ptr<const std::string> text) {
  ++messages_sent_;
  socket_->send(std::move(text), subprotocol_.encoding == hrana::Encoding::protobuf);
}

void SocketLink::say_hello(const std::optional<AuthToken>& token) {
  if (hellos_sent_ > 0 && token == token_) return;
  token_ = token;
  ++hellos_sent_;
  hrana::Hello hello;
  if (token_) hello.jwt = token_->bytes();
  auto text = std::make_shared<std::string>();
  codec_->encode(hrana::ClientMessage(hello), *text);
  send(std::move(text));
}

void SocketLink::run(const std::shared_ptr<SocketExchange>& exchange) {
  try {
    exchange->encode_for(subprotocol_);
  } catch (const Error& error) {
    exchange->fail(error, Executed::no);
    return;
  }
  const std::int32_t stream = exchange->spec().stream_id;
  if (exchange->spec().opens_stream) {
    streams_.insert(stream);
    live_.insert(stream);
  }
  if (exchange->spec().opens_cursor) cursors_.insert(exchange->spec().cursor->id());
  exchange->start_on(shared_from_this());
  say_hello(exchange->token);
  pump(exchange);
  on_progress(exchange);
}

void SocketLink::pump(const std::shared_ptr<SocketExchange>& exchange) {
  auto& messages = exchange->messages();
  while (exchange->sent < messages.size() && exchange->sent - exchange->answered < kWindow) {
    SocketMessage& message = messages[exchange->sent];
    message.open = true;
    pending_[message.request_id] = {exchange,           exchange->sent,
                                    message.type,       exchange->spec().stream_id,
                                    messages_sent_ + 1, hellos_sent_};
    ++exchange->sent;
    send(message.text);
  }
}

void SocketLink::send_in_background(const hrana::Request& request, std::int32_t stream_id,
                                    std::int32_t closes) {
  if (!is_open()) return;
  const std::int32_t id = origin_->requests().take();
  auto text = std::make_shared<std::string>();
  codec_->encode(hrana::ClientMessage(hrana::SocketRequest{id, stream_id, request}), *text);
  pending_[id] = {nullptr, 0, type_of(request), closes, messages_sent_ + 1, hellos_sent_};
  send(std::move(text));
}

void SocketLink::close_stream(std::int32_t id) {
  send_in_background(hrana::CloseStream{}, id, id);
  stream_unused(id);
}

void SocketLink::close_cursor(std::int32_t id) {
  if (!cursors_.contains(id)) return;
  send_in_background(hrana::CloseCursor{id}, 0, id);
}

void SocketLink::stream_unused(std::int32_t id) {
  if (live_.erase(id) == 0 || !live_.empty()) return;
  if (const auto owner = owner_.lock()) owner->link_idle(*this);
}

// The id goes with the stream.
void SocketLink::keep_stream(const SocketExchange& exchange) {
  const std::int32_t id = exchange.spec().stream_id;
  const KeptStream stream{id, weak_from_this(), exchange.stream_until()};
  if (exchange.failed || !origin_->kept_streams().give(stream)) return close_stream(id);
  streams_.erase(id);
  stream_unused(id);
  if (const auto owner = owner_.lock()) owner->stream_kept();
}

void SocketLink::end(SocketOrigin& origin, const KeptStream& stream) {
  const auto link = stream.link.lock();
  if (!link || !link->is_open()) return origin.streams().give_back(stream.id);
  link->streams_.insert(stream.id);
  link->send_in_background(hrana::CloseStream{}, stream.id, stream.id);
}

void SocketLink::drop(SocketExchange& exchange) {
  bool closes = false;
  for (std::size_t i = exchange.answered; i < exchange.sent; ++i) {
    SocketMessage& message = exchange.messages()[i];
    if (exchange.early.contains(i)) {
      release(pending_.extract(message.request_id).mapped());
      message.open = false;
    } else {
      pending_.at(message.request_id).exchange = nullptr;
    }
    closes = closes || message.type == RequestType::close_stream;
  }
  if (exchange.spec().cursor) close_cursor(exchange.spec().cursor->id());
  if (closes) {
    stream_unused(exchange.spec().stream_id);
  } else {
    close_stream(exchange.spec().stream_id);
  }
}

// --- What comes ---

// NOLINTNEXTLINE(bugprone-exception-escape): see the header
void SocketLink::opened(std::string_view subprotocol) noexcept {
  state_ = State::open;
  opened_at_ = std::chrono::steady_clock::now();
  // A server that names none speaks version 1.
  subprotocol_ = hrana::find_subprotocol(subprotocol).value_or(hrana::kDefaultSubprotocol);
  hrana::Limits limits;
  limits.max_bytes = origin_->environment().socket.max_message_bytes;
  codec_ = hrana::make_client_codec(subprotocol_.encoding, limits);
  origin_->set_subprotocol(subprotocol_);
  if (const auto owner = owner_.lock()) {
    owner->link_opened();
  } else {
    close();
  }
}

// NOLINTNEXTLINE(bugprone-exception-escape): see the header
void SocketLink::message(std::string& text, bool binary) noexcept {
  const auto self = shared_from_this();  // The owner may let go of it meanwhile.
  if (binary != (subprotocol_.encoding == hrana::Encoding::protobuf)) {
    fail_socket(Error(ErrorKind::io, "the server sent a message of the wrong kind"), kWrongKind);
    return;
  }
  try {
    decode(text);
  } catch (const hrana::Malformed& malformed) {
    fail_socket(
        Error(ErrorKind::io, std::string("the server's answer is malformed: ") + malformed.what()),
        kMalformed);
  }
}

void SocketLink::decode(std::string& text) {
  answering_.reset();
  try {
    codec_->decode_message(text, *this);
  } catch (const AnswerIsEarly&) {
    const Pending& pending = pending_.at(*answering_);
    if (pending.exchange->early.emplace(pending.index, text).second) return;
    throw hrana::Malformed(hrana::Fault::mismatch, "request_id", "is answered twice");
  }
  if (hello_error_) {
    const Error error = *std::exchange(hello_error_, std::nullopt);
    const std::uint64_t refused = hellos_answered_;
    socket_->close(kNormal);
    end(error, messages_sent_, refused);
  } else if (answering_) {
    on_answered(*answering_);
  }
}

void SocketLink::hello_ok() {
  if (hellos_answered_ == hellos_sent_) {
    throw hrana::Malformed(hrana::Fault::out_of_order, "type", "is hello_ok without a hello");
  }
  ++hellos_answered_;
}

void SocketLink::hello_error(const hrana::ErrorView& error) {
  if (hellos_answered_ == hellos_sent_) {
    throw hrana::Malformed(hrana::Fault::out_of_order, "type", "is hello_error without a hello");
  }
  ++hellos_answered_;
  hello_error_ = unauthorised_by(error);
}

hrana::Receiver* SocketLink::receiver_of(std::int32_t request_id) {
  const auto found = pending_.find(request_id);
  if (found == pending_.end()) return nullptr;
  const Pending& pending = found->second;
  answering_ = request_id;
  if (pending.exchange && pending.index != pending.exchange->answered) throw AnswerIsEarly();
  answer_.expect(pending.type, pending.exchange.get());
  return &answer_;
}

void SocketLink::release(const Pending& pending) {
  if (pending.type == RequestType::close_stream && streams_.erase(pending.closes) > 0) {
    origin_->streams().give_back(pending.closes);
  }
  if (pending.type == RequestType::close_cursor && cursors_.erase(pending.closes) > 0) {
    origin_->cursors().give_back(pending.closes);
  }
}

void SocketLink::on_answered(std::int32_t request_id) {
  const Pending pending = std::move(pending_.extract(request_id).mapped());
  release(pending);
  if (!pending.exchange) {
    origin_->requests().give_back(request_id);
    return;
  }
  const auto& exchange = pending.exchange;
  exchange->messages()[pending.index].open = false;
  ++exchange->answered;
  if (!exchange->finished()) {
    pump(exchange);
    on_progress(exchange);
  }
  const auto next = exchange->early.extract(exchange->answered);
  if (!next.empty()) decode(next.mapped());
}

void SocketLink::on_progress(const std::shared_ptr<SocketExchange>& exchange) {
  const auto& spec = exchange->spec();
  if (exchange->refused && spec.opens_stream && exchange->answered == 1) {
    const Error error = server_error(exchange->refused->view());
    drop(*exchange);
    exchange->fail(error, Executed::no);
    return;
  }
  if (!exchange->is_answered()) return;
  if (exchange->refused) spec.cursor->refuse(exchange->refused->view(), exchange->answer());
  if (spec.cursor && spec.cursor->is_done()) close_cursor(spec.cursor->id());
  if (spec.closes_stream) stream_unused(spec.stream_id);
  if (spec.keeps_stream) keep_stream(*exchange);  // Before its user may want it again.
  exchange->finish(nullptr);
}

// --- The end ---

void SocketLink::close() {
  if (state_ == State::closed) return;
  socket_->close(kNormal);
  end(Error(ErrorKind::interrupted, "interrupted"), messages_sent_, kNone);
}

void SocketLink::fail_socket(const Error& error, std::uint16_t close_code) {
  if (state_ == State::closed) return;
  socket_->close(close_code);
  end(error, messages_sent_, kNone);
}

// NOLINTNEXTLINE(bugprone-exception-escape): see the header
void SocketLink::closed(const WebSocketFailure& failure, std::size_t unsent) noexcept {
  if (state_ == State::connecting) {
    const auto self = shared_from_this();  // The owner lets go of it.
    state_ = State::closed;
    if (const auto owner = owner_.lock()) {
      owner->link_refused(refusal_of(failure, origin_->url()), may_try_again(failure),
                          failure.retry_after.value_or(std::chrono::seconds(0)));
    }
    return;
  }
  end(loss_of(failure), messages_sent_ - unsent, kNone);
}

void SocketLink::end(const Error& error, std::uint64_t last_sent, std::uint64_t refused_hello) {
  const auto self = shared_from_this();  // The owner lets go of it.
  state_ = State::closed;
  struct Ended {
    bool may_have_run = false;
    bool is_refused = false;
  };
  std::unordered_map<std::shared_ptr<SocketExchange>, Ended> ended;
  for (const auto& [id, pending] : std::exchange(pending_, {})) {
    if (!pending.exchange) {
      origin_->requests().give_back(id);
      continue;
    }
    pending.exchange->messages()[pending.index].open = false;
    Ended& how = ended[pending.exchange];
    const bool is_refused = pending.hello >= refused_hello;
    how.is_refused = how.is_refused || is_refused;
    const bool opening = pending.type == RequestType::open_stream;
    how.may_have_run = how.may_have_run || (!opening && !is_refused && pending.number <= last_sent);
  }
  live_.clear();
  if (const auto owner = owner_.lock()) owner->link_lost(*this);
  for (const auto& [exchange, how] : ended) {
    const bool opened = exchange->spec().opens_stream && exchange->answered <= 1;
    end_exchange(exchange, error, how.may_have_run || (exchange->answered > 0 && !opened),
                 how.is_refused);
  }
  for (const std::int32_t id : std::exchange(streams_, {})) origin_->streams().give_back(id);
  for (const std::int32_t id : std::exchange(cursors_, {})) origin_->cursors().give_back(id);
}

void SocketLink::end_exchange(const std::shared_ptr<SocketExchange>& exchange, const Error& error,
                              bool may_have_run, bool is_refused) {
  if (exchange->finished()) return;
  const auto& spec = exchange->spec();
  const bool again = spec.opens_stream && !exchange->delivered && !is_refused &&
                     exchange->attempts < origin_->environment().backoff.attempts &&
                     (!may_have_run || (spec.repeatable && !exchange->repeated));
  const auto owner = owner_.lock();
  if (!again || !owner) {
    exchange->fail(error, may_have_run ? Executed::unknown : Executed::no);
    return;
  }
  // It keeps its ids.
  streams_.erase(spec.stream_id);
  if (spec.cursor) cursors_.erase(spec.cursor->id());
  exchange->repeated = exchange->repeated || may_have_run;
  exchange->rewind();
  owner->start_again(exchange);
}

}  // namespace libsql::remote
