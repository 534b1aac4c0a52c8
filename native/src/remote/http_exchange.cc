#include "remote/http_exchange.h"

#include <algorithm>
#include <charconv>
#include <concepts>
#include <limits>
#include <utility>

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace libsql::remote {

namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr std::uint32_t kMaxHeadBytes = 64 * 1024;

std::optional<std::chrono::seconds> seconds_of(beast::string_view text) {
  std::int32_t seconds = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, seconds);
  if (text.empty() || error != std::errc{} || end != last || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

bool is_malformed(const boost::system::error_code& error) {
  static const auto& category = http::make_error_code(http::error::bad_version).category();
  return error.category() == category && error != http::error::end_of_stream &&
         error != http::error::partial_message;
}

}  // namespace

HttpExchange::HttpExchange(const Environment& environment, HttpRequest request,
                           std::shared_ptr<HttpEvents> events, std::function<void()> ended)
    : environment_(environment),
      request_(std::move(request)),
      events_(std::move(events)),
      ended_(std::move(ended)),
      deadline_(environment.way.context) {
  // Beast 1.74 takes every length for too large where there is no limit.
  parser_.body_limit(request_.endless ? std::numeric_limits<std::uint64_t>::max()
                                      : environment.max_body_bytes);
  parser_.header_limit(kMaxHeadBytes);
}

template <typename Next>
auto HttpExchange::then(Next next) {
  // Asio asks for which results it can be called.
  return [ self = shared_from_this(), next ]<typename... Results>(
      const Code& error,
      const Results&... results) requires std::invocable<const Next&, HttpExchange&, const Code&,
                                                         const Results&...> {
    if (!self->finished_) next(*self, error, results...);
  };
}

void HttpExchange::start() {
  if (request_.at_once) return enter();
  wait_until(request_.deadline);
  place_ = environment_.gate.queue(HttpPool::key_of(request_.url),
                                   [self = weak_from_this()] { self.lock()->enter(); });
}

void HttpExchange::enter() {
  if (!request_.new_connection) connection_ = environment_.pool.take(request_.url);
  reused_ = connection_ != nullptr;
  if (reused_) {
    write();
  } else {
    connect();
  }
}

// Replaces the deadline before, whose handler may be on its way already.
void HttpExchange::wait_until(std::chrono::steady_clock::time_point deadline) {
  if (deadline == deadline_.expiry()) return;
  deadline_.expires_at(deadline);
  deadline_.async_wait(then([](HttpExchange& self, const Code& error) {
    const bool passed = std::chrono::steady_clock::now() >= self.deadline_.expiry();
    if (!error && passed) self.fail(Reason::deadline, "the deadline passed");
  }));
}

void HttpExchange::cancel() {
  if (!finished_) fail(Reason::cancelled, "the request was cancelled");
}

void HttpExchange::resume(std::chrono::steady_clock::time_point deadline) {
  if (finished_) return;
  wait_until(deadline);
  if (std::exchange(paused_, false)) read_body();
}

void HttpExchange::connect() {
  wait_until(request_.connect_timeout
                 ? std::min(std::chrono::steady_clock::now() + *request_.connect_timeout,
                            request_.deadline)
                 : request_.deadline);
  connector_ = std::make_shared<Connector>(
      environment_.way, request_.url,
      [self = shared_from_this()](std::unique_ptr<HttpConnection> connection,
                                  const Connector::Failure* failure) {
        self->connector_.reset();
        if (failure != nullptr) {
          self->fail(failure->reason, failure->message);
        } else {
          self->connection_ = std::move(connection);
          self->write();
        }
      });
  connector_->start();
}

void HttpExchange::write() {
  message_.method_string(request_.method);
  const auto& proxy = connection_->proxy();
  message_.target(proxy ? "http://" + request_.url.authority() + request_.target : request_.target);
  message_.set(http::field::host, request_.url.authority());
  for (const auto& [name, value] : request_.headers) message_.set(name, value);
  if (proxy && !proxy->authorization.empty()) {
    message_.set(http::field::proxy_authorization, proxy->authorization);
  }
  message_.body() = std::move(request_.body);
  message_.prepare_payload();
  writing_ = true;
  wait_until(request_.deadline);
  connection_->with_stream([this](auto& stream) {
    http::async_write(stream, message_,
                      then([](HttpExchange& self, const Code& error, std::size_t /*bytes*/) {
                        if (error) {
                          self.fail_io(error);
                        } else {
                          self.read_head();
                        }
                      }));
  });
}

void HttpExchange::read_head() {
  connection_->with_stream([this](auto& stream) {
    http::async_read_header(stream, connection_->buffer(), parser_,
                            then([](HttpExchange& self, const Code& error, std::size_t bytes) {
                              self.answered_ = bytes > 0 || self.connection_->buffer().size() > 0;
                              if (error) {
                                self.fail_io(error);
                              } else {
                                self.on_head();
                              }
                            }));
  });
}

void HttpExchange::on_head() {
  const auto& answer = parser_.get();
  HttpHead head;
  head.status = static_cast<int>(answer.result_int());
  head.content_type = std::string(answer[http::field::content_type]);
  head.retry_after = seconds_of(answer[http::field::retry_after]);
  if (const auto found = answer.find("grpc-status"); found != answer.end()) {
    head.grpc_status = std::string(found->value());
    head.grpc_message = std::string(answer["grpc-message"]);
  }
  events_->head(head);
  if (!finished_) read_body();
}

void HttpExchange::read_body() {
  if (parser_.is_done()) {
    succeed();
    return;
  }
  piece_ = connection_->piece();
  parser_.get().body().data = piece_.data();
  parser_.get().body().size = piece_.size();
  connection_->with_stream([this](auto& stream) {
    http::async_read_some(stream, connection_->buffer(), parser_,
                          then([](HttpExchange& self, const Code& error, std::size_t /*bytes*/) {
                            self.on_body(error);
                          }));
  });
}

void HttpExchange::on_body(const Code& error) {
  const std::size_t size = piece_.size() - parser_.get().body().size;
  const bool pause = size > 0 && !events_->body({piece_.data(), size});
  if (finished_) return;
  if (error && error != http::error::need_buffer) {
    fail_io(error);
  } else if (pause) {
    paused_ = true;
    place_.reset();  // Its reader may take long.
    deadline_.expires_at(std::chrono::steady_clock::time_point::max());
  } else {
    read_body();
  }
}

void HttpExchange::succeed() {
  if (parser_.keep_alive()) {
    environment_.pool.give_back(request_.url, std::move(connection_));
  }
  finish(std::nullopt);
}

void HttpExchange::fail_io(const Code& error) {
  if (error == http::error::body_limit || error == http::error::header_limit ||
      error == http::error::buffer_overflow) {
    fail(Reason::too_large, "the answer is larger than allowed");
  } else if (is_malformed(error)) {
    fail(Reason::malformed, "the answer is not HTTP: " + error.message());
  } else {
    fail(Reason::network, "the connection broke: " + error.message());
  }
}

void HttpExchange::fail(Reason reason, const std::string& message) {
  Stage stage = Stage::not_sent;
  if (writing_) {
    const bool stale = reused_ && !answered_ && reason == Reason::network;
    stage = stale ? Stage::stale : Stage::lost;
  }
  finish(HttpFailure{stage, reason, message});
}

void HttpExchange::finish(const std::optional<HttpFailure>& failure) {
  finished_ = true;
  deadline_.cancel();
  if (connector_) connector_->cancel();
  connector_.reset();
  // Operations that are under way still use the connection; it closes now and goes with the last.
  if (connection_) connection_->close();
  place_.reset();
  ended_();
  events_->finished(failure);
  events_.reset();
}

}  // namespace libsql::remote
