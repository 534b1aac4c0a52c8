#include "remote/http_call.h"

#include <algorithm>
#include <utility>

#include "hrana/http_error.h"
#include "remote/encoder.h"
#include "remote/http_failure.h"
#include "remote/server_error.h"

#include <boost/asio/dispatch.hpp>

namespace libsql::remote {

namespace {

using Executed = StreamFailure::Executed;
using Stage = HttpFailure::Stage;
using Reason = HttpFailure::Reason;
using std::chrono::steady_clock;

constexpr std::size_t kMaxErrorBody = std::size_t{64} << 10;

bool is_no_such_endpoint(int status) noexcept {
  return status == 404 || status == 405 || status == 501;
}

struct Refusal {
  Error error;
  Executed executed;
};

// Source: what sqld and Turso answer, and RFC 9110, section 15.
Refusal refusal_of(int status, const hrana::HttpError& answer, bool on_open_stream) {
  const std::string message = answer.message + " (HTTP " + std::to_string(status) + ')';
  if (answer.code == "STREAM_EXPIRED") {
    return {server_error({answer.message, *answer.code, {}}), Executed::no};
  }
  if (status >= 300 && status < 400) {
    return {Error(ErrorKind::cannot_open,
                  "the server redirects to another URL, which is not followed: " + message),
            Executed::no};
  }
  switch (status) {
    case 401:
      return {unauthorised(message), Executed::no};
    case 403:  // sqld answers so where a later statement of the request is not allowed.
      return {unauthorised(message), Executed::unknown};
    case 404:
      if (on_open_stream) {
        return {with_lost_transaction(try_again("the server has closed the stream: " + message)),
                Executed::no};
      }
      return {Error(ErrorKind::cannot_open, "the server has no such database: " + message),
              Executed::no};
    case 405:
    case 431:
      return {Error(ErrorKind::error, message), Executed::no};
    case 413:
      return {Error(ErrorKind::too_big, "the server takes no request of this size: " + message),
              Executed::no};
    case 408:
      return {Error(ErrorKind::timeout, message), Executed::unknown};
    case 429:
      return {try_again(message), Executed::no};
    case 502:
    case 503:
    case 504:
      return {unreachable(message), Executed::unknown};
    default:
      return {Error(ErrorKind::error, message), Executed::unknown};
  }
}

}  // namespace

HttpCall::HttpCall(std::shared_ptr<HttpOrigin> origin, Spec spec)
    : origin_(std::move(origin)),
      spec_(std::move(spec)),
      backoff_(origin_->backoff()),
      wait_(origin_->io().context()),
      dialect_(origin_->dialect() == Dialect::unknown ? Dialect::version_3 : origin_->dialect()) {}

void HttpCall::begin() {
  if (!ended_) ask_token();
}

void HttpCall::ask_token() {
  const std::weak_ptr<HttpCall> weak = weak_from_this();
  origin_->ask_token([weak, context = &origin_->io().context()](
                         const std::optional<AuthToken>& token, const Error* error) {
    std::optional<Error> failure;
    if (error != nullptr) failure = *error;
    boost::asio::dispatch(*context, [weak, token, failure] {
      const auto self = weak.lock();
      if (self == nullptr || self->ended_) return;
      if (failure) {
        self->fail(*failure, Executed::no);
      } else {
        self->attempt(token);
      }
    });
  });
  if (exchange_ || ended_) return;
  // The call lives on in the timer: a token that never comes ends with the deadline.
  wait_.expires_at(spec_.deadline);
  wait_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error || self->exchange_ || self->ended_) return;
    self->fail(Error(ErrorKind::timeout, "the auth token did not come in time"), Executed::no);
  });
}

std::string HttpCall::body() const {
  if (is_probe_) {
    std::string probe;
    encoder_of_thread(origin_->encoding())
        .encode(hrana::PipelineRequest{std::nullopt, {hrana::CloseStream{}}}, probe);
    return probe;
  }
  if (!spec_.older || version_of(dialect_) == 3) return spec_.body;
  if (dialect_ == Dialect::version_2) return spec_.older->version_2;
  if (const auto* const refusal = std::get_if<Error>(&spec_.older->without_streams)) {
    throw Error(*refusal);
  }
  return std::get<std::string>(spec_.older->without_streams);
}

void HttpCall::attempt(const std::optional<AuthToken>& token) {
  wait_.cancel();
  HttpRequest request = origin_->request(spec_.server, spec_.endpoint, dialect_, token);
  request.target += spec_.query;
  try {
    request.body = body();
  } catch (const Error& error) {
    return fail(error, Executed::no);
  }
  request.deadline = spec_.deadline;
  request.connect_timeout = origin_->connect_timeout();
  // Writers may be waiting at the server for the end of this stream's transaction.
  request.at_once = spec_.on_open_stream || spec_.endpoint == Endpoint::listen;
  request.new_connection = new_connection_;
  head_ = {};
  error_body_.clear();
  exchange_ = origin_->client().start(std::move(request), shared_from_this());
}

void HttpCall::cancel() {
  if (!ended_) fail(Error(ErrorKind::interrupted, "interrupted"), Executed::unknown);
}

void HttpCall::stop() {
  ended_ = true;
  wait_.cancel();
  if (exchange_) origin_->client().cancel(*exchange_);
}

void HttpCall::resume(Deadline deadline) {
  if (exchange_) origin_->client().resume(*exchange_, deadline);
}

void HttpCall::fail(const Error& error, Executed executed) {
  if (ended_) return;
  const bool sent = sent_ || exchange_.has_value();
  stop();
  const bool unknown = sent && executed == Executed::unknown;
  failed({unknown ? Executed::unknown : Executed::no,
          unknown && !spec_.repeatable ? with_unknown_outcome(error) : error},
         sent);
}

// --- The events of an exchange ---

// NOLINTNEXTLINE(bugprone-exception-escape): see the header
void HttpCall::head(const HttpHead& head) noexcept {
  head_ = head;
  if (!ended_ && !is_probe_ && head.status == 200) answered(head);
}

bool HttpCall::body(std::string_view bytes) noexcept {
  if (ended_) return true;
  if (head_.status == 200 && !is_probe_) return piece(bytes);
  error_body_.append(bytes.substr(0, kMaxErrorBody - std::min(kMaxErrorBody, error_body_.size())));
  return true;
}

// NOLINTNEXTLINE(bugprone-exception-escape): see the header
void HttpCall::finished(const std::optional<HttpFailure>& failure) noexcept {
  if (ended_) return;
  exchange_.reset();
  if (failure) {
    on_failure(*failure);
  } else if (head_.status != 200) {
    on_status();
  } else if (is_probe_) {
    learn(Dialect::version_2);
  } else {
    // Change events belong to no version.
    if (spec_.endpoint != Endpoint::listen && dialect_ != origin_->dialect()) {
      origin_->set_dialect(dialect_);
    }
    sent_ = true;
    complete();
  }
}

void HttpCall::on_failure(const HttpFailure& failure) {
  if (failure.stage == Stage::not_sent) {
    const bool final = failure.reason == Reason::tls || failure.reason == Reason::cancelled;
    if (!final && again({})) return;
    return fail(error_of(failure), Executed::no);
  }
  sent_ = true;
  if (failure.stage == Stage::stale && may_repeat() && !new_connection_) {
    new_connection_ = true;
    return ask_token();
  }
  fail(error_of(failure), is_probe_ ? Executed::no : Executed::unknown);
}

bool HttpCall::try_older() {
  const Dialect known = origin_->dialect();
  const bool may_be_old = spec_.older.has_value() && dialect_ == Dialect::version_3 &&
                          known != Dialect::version_3 && !spec_.on_open_stream;
  if (!may_be_old || (head_.status != 404 && head_.status != 405)) return false;
  is_probe_ = known == Dialect::unknown;  // Another call may have learnt it meanwhile.
  dialect_ = is_probe_ ? Dialect::version_2 : known;
  return true;
}

void HttpCall::learn(Dialect dialect) {
  is_probe_ = false;
  dialect_ = dialect;
  origin_->set_dialect(dialect);
  ask_token();
}

void HttpCall::on_status() {
  const auto answer = hrana::decode_http_error(origin_->encoding(), head_.status, error_body_);
  if (spec_.endpoint == Endpoint::listen && is_no_such_endpoint(head_.status)) {
    return fail(
        Error(ErrorKind::unsupported, "the server offers no change events: " + answer.message +
                                          " (HTTP " + std::to_string(head_.status) + ')'),
        Executed::no);
  }
  if (is_probe_ && (head_.status == 400 || head_.status == 500)) {
    return learn(Dialect::without_streams);
  }
  const auto [error, executed] = refusal_of(head_.status, answer, spec_.on_open_stream);
  if (try_older()) {
    first_refusal_ = error;
    return ask_token();
  }
  const auto retry_after = head_.retry_after.value_or(std::chrono::seconds(0));
  const bool too_many = head_.status == 429 && !spec_.on_open_stream;
  const bool gone = head_.status == 502 || head_.status == 503 || head_.status == 504;
  if ((too_many || (gone && may_repeat())) && again(retry_after)) return;
  sent_ = true;
  // Neither version is there: the first answer says why.
  fail(first_refusal_ && is_no_such_endpoint(head_.status) ? *first_refusal_ : error,
       is_probe_ ? Executed::no : executed);
}

bool HttpCall::again(std::chrono::milliseconds retry_after) {
  const auto wait = backoff_.next(origin_->draw(), retry_after);
  if (!wait || steady_clock::now() + *wait >= spec_.deadline) return false;
  wait_.expires_after(*wait);
  wait_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->ended_) self->ask_token();
  });
  return true;
}

}  // namespace libsql::remote
