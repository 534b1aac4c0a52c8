#include "remote/download.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/mutex.h"
#include "libsql/error.h"
#include "remote/http_client.h"
#include "remote/http_failure.h"
#include "remote/http_origin.h"

namespace libsql::remote {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLook{50};
// A download may take as long as bytes come.
constexpr std::chrono::hours kWhole{24 * 365};
constexpr std::size_t kMostAhead = std::size_t{1} << 20;

// A token that is given on another thread.
struct Given {
  core::Mutex mutex;
  core::CondVar changed;
  bool is_there LIBSQL_GUARDED_BY(mutex) = false;
  std::optional<AuthToken> token LIBSQL_GUARDED_BY(mutex);
  std::optional<Error> error LIBSQL_GUARDED_BY(mutex);
};

}  // namespace

void Patience::pause(milliseconds time) const {
  core::Mutex mutex;
  core::CondVar never;
  const auto end = steady_clock::now() + time;
  while (steady_clock::now() < end) {
    {
      core::MutexLock lock(mutex);
      never.wait_until(lock, std::min(end, steady_clock::now() + kLook));
    }
    if (waiting) waiting();
  }
}

// What the I/O thread brings, and the caller takes.
class Download::Channel final : public HttpEvents {
 public:
  void head(const HttpHead& head) noexcept override LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    head_ = head;
    changed_.notify_all();
  }
  bool body(std::string_view piece) noexcept override LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    bytes_ += piece;
    paused_ = bytes_.size() >= kMostAhead;
    changed_.notify_all();
    return !paused_;
  }
  void finished(const std::optional<HttpFailure>& failure) noexcept override
      LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    failure_ = failure;
    ended_ = true;
    changed_.notify_all();
  }

  // Nothing while the server has not answered. Errors of the exchange are left to failure().
  [[nodiscard]] std::optional<HttpHead> wait_for_head() LIBSQL_EXCLUDES(mutex_) {
    core::MutexLock lock(mutex_);
    if (!head_ && !ended_) changed_.wait_until(lock, steady_clock::now() + kLook);
    return head_;
  }
  // Takes the bytes that are there, waiting for some. True if reading had paused.
  bool take(std::string& bytes) LIBSQL_EXCLUDES(mutex_) {
    core::MutexLock lock(mutex_);
    if (bytes_.empty() && !ended_) changed_.wait_until(lock, steady_clock::now() + kLook);
    bytes.clear();
    std::swap(bytes, bytes_);
    return std::exchange(paused_, false);
  }
  [[nodiscard]] bool has_ended() LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    return ended_ && bytes_.empty();
  }
  [[nodiscard]] std::optional<HttpFailure> failure() LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    return failure_;
  }

 private:
  core::Mutex mutex_;
  core::CondVar changed_;
  std::optional<HttpHead> head_ LIBSQL_GUARDED_BY(mutex_);
  std::string bytes_ LIBSQL_GUARDED_BY(mutex_);
  std::optional<HttpFailure> failure_ LIBSQL_GUARDED_BY(mutex_);
  bool ended_ LIBSQL_GUARDED_BY(mutex_) = false;
  bool paused_ LIBSQL_GUARDED_BY(mutex_) = false;
};

Download::Download(std::shared_ptr<HttpOrigin> origin, Request request, const Patience& patience)
    : origin_(std::move(origin)),
      request_(std::move(request)),
      patience_(patience),
      backoff_(origin_->backoff()) {}

Download::~Download() { stop(); }

void Download::stop() noexcept {
  if (exchange_) origin_->client().cancel(*exchange_);
  exchange_.reset();
}

void Download::check_idle(steady_clock::time_point since) const {
  if (patience_.waiting) patience_.waiting();
  if (steady_clock::now() - since < patience_.idle) return;
  throw Error(ErrorKind::timeout, "the server sent nothing for " +
                                      std::to_string(patience_.idle.count()) + " milliseconds");
}

std::optional<AuthToken> Download::ask_token() const {
  const auto given = std::make_shared<Given>();
  origin_->ask_token([given](const std::optional<AuthToken>& token, const Error* error) {
    const core::MutexLock lock(given->mutex);
    given->token = token;
    if (error != nullptr) given->error = *error;
    given->is_there = true;
    given->changed.notify_all();
  });
  const auto since = steady_clock::now();
  for (;;) {
    {
      core::MutexLock lock(given->mutex);
      if (!given->is_there) given->changed.wait_until(lock, steady_clock::now() + kLook);
      if (given->error) throw Error(*given->error);
      if (given->is_there) return given->token;
    }
    check_idle(since);
  }
}

void Download::attempt() {
  const std::optional<AuthToken> token = ask_token();
  HttpRequest request;
  request.url = origin_->url();
  request.method = request_.method;
  request.target = origin_->url().path + request_.target;
  request.headers = request_.headers;
  origin_->add_headers(token, request.headers);
  if (token && !request_.token_header.empty()) {
    request.headers.emplace_back(request_.token_header, "Bearer " + std::string(token->bytes()));
  }
  request.body = request_.body;
  request.deadline = steady_clock::now() + kWhole;
  request.connect_timeout = origin_->connect_timeout();
  request.at_once = true;  // It may take long; commits wait for what it brings.
  request.new_connection = new_connection_;
  request.endless = true;
  stop();
  channel_ = std::make_shared<Channel>();
  exchange_ = origin_->client().start(std::move(request), channel_);
}

bool Download::again(milliseconds least) {
  const auto wait = backoff_.next(origin_->draw(), least);
  if (!wait) return false;
  patience_.pause(*wait);
  return true;
}

void Download::send() {
  attempt();
  is_sent_ = true;
}

const HttpHead& Download::head() {
  for (;;) {
    if (!std::exchange(is_sent_, false)) attempt();
    const auto since = steady_clock::now();
    std::optional<HttpHead> head = channel_->wait_for_head();
    while (!head && !channel_->has_ended()) {
      check_idle(since);
      head = channel_->wait_for_head();
    }
    if (head) {
      head_ = *std::move(head);
      const int status = head_.status;
      const bool busy = status == 429 || status == 502 || status == 503 || status == 504;
      if (!busy || !again(head_.retry_after.value_or(std::chrono::seconds(0)))) return head_;
      continue;
    }
    const std::optional<HttpFailure> failure = channel_->failure();
    if (!failure) throw Error(ErrorKind::io, "the server ended the connection without an answer");
    const bool stale = failure->stage == HttpFailure::Stage::stale && !new_connection_;
    const bool unsent = failure->stage == HttpFailure::Stage::not_sent &&
                        failure->reason != HttpFailure::Reason::tls;
    if (stale) {
      new_connection_ = true;
    } else if (!unsent || !again({})) {
      throw Error(error_of(*failure));
    }
  }
}

std::string_view Download::read() {
  const auto since = steady_clock::now();
  for (;;) {
    const bool paused = channel_->take(piece_);
    if (paused && exchange_) origin_->client().resume(*exchange_, steady_clock::now() + kWhole);
    if (!piece_.empty()) return piece_;
    if (channel_->has_ended()) {
      if (const auto failure = channel_->failure()) throw Error(error_of(*failure));
      exchange_.reset();
      return {};
    }
    check_idle(since);
  }
}

std::string Download::read_all(std::size_t most) {
  std::string all;
  for (std::string_view piece = read(); !piece.empty(); piece = read()) {
    if (all.size() + piece.size() > most) {
      throw Error(ErrorKind::too_big, "the server's answer is longer than " + std::to_string(most) +
                                          " bytes, where a short one was expected");
    }
    all += piece;
  }
  return all;
}

}  // namespace libsql::remote
