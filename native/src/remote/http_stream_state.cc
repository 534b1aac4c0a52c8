#include "remote/http_stream_state.h"

#include <chrono>

#include "libsql/error.h"
#include "remote/encoder.h"

#include <boost/asio/post.hpp>

namespace libsql::remote {

namespace {

// A server that does not answer by then closes the stream by itself.
constexpr std::chrono::seconds kCloseTime{5};

// Nobody waits for its answer.
class CloseCall final : public HttpCall {
 public:
  using HttpCall::HttpCall;

 private:
  bool piece(std::string_view /*bytes*/) override { return true; }
  void complete() override { stop(); }
  void failed(const StreamFailure& /*failure*/, bool /*sent*/) override {}
};

}  // namespace

HttpStreamState::Place HttpStreamState::take() {
  const core::MutexLock lock(mutex_);
  return {std::exchange(baton_, std::nullopt), base_url_.value_or(origin_->url())};
}

void HttpStreamState::give_back(std::optional<std::string> baton) {
  const core::MutexLock lock(mutex_);
  baton_ = std::move(baton);
}

void HttpStreamState::begin(std::shared_ptr<HttpCall> call) {
  const core::MutexLock lock(mutex_);
  current_ = std::move(call);
  boost::asio::post(origin_->io().context(), [call = current_] { call->begin(); });
}

bool HttpStreamState::set_head(std::optional<std::string> baton,
                               const std::optional<std::string>& base_url) {
  const core::MutexLock lock(mutex_);
  baton_ = std::move(baton);
  if (!base_url) return true;
  try {
    base_url_ = parse_url(*base_url);
  } catch (const Error&) {
    baton_.reset();
    return false;
  }
  return true;
}

bool HttpStreamState::end() {
  const core::MutexLock lock(mutex_);
  current_.reset();
  const bool open = baton_.has_value();
  if (abandoned_) close_at_server();
  return open;
}

void HttpStreamState::end(const HttpCall& call) {
  const core::MutexLock lock(mutex_);
  if (current_.get() == &call) current_.reset();
}

void HttpStreamState::fail(std::optional<std::string> unused) {
  const core::MutexLock lock(mutex_);
  current_.reset();
  baton_ = std::move(unused);
  close_at_server();
}

void HttpStreamState::cancel() noexcept {
  const core::MutexLock lock(mutex_);
  cancel_current();
}

void HttpStreamState::abandon() noexcept {
  const core::MutexLock lock(mutex_);
  abandoned_ = true;
  if (current_ == nullptr) return close_at_server();
  cancel_current();
}

void HttpStreamState::cancel_current() {
  if (current_ == nullptr) return;
  boost::asio::post(origin_->io().context(), [call = current_] { call->cancel(); });
}

void HttpStreamState::close_at_server() {
  if (!baton_) return;
  hrana::PipelineRequest request{std::string_view(*baton_), {hrana::CloseStream{}}};
  HttpCall::Spec spec;
  spec.server = base_url_.value_or(origin_->url());
  spec.deadline = std::chrono::steady_clock::now() + kCloseTime;
  spec.on_open_stream = true;
  encoder_of_thread(origin_->encoding()).encode(request, spec.body);
  baton_.reset();
  auto call = std::make_shared<CloseCall>(origin_, std::move(spec));
  boost::asio::post(origin_->io().context(), [call = std::move(call)] { call->begin(); });
}

}  // namespace libsql::remote
