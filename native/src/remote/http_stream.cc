#include "remote/http_stream.h"

#include <string>
#include <vector>

#include "hrana/malformed.h"
#include "remote/encoder.h"
#include "remote/version_2.h"

namespace libsql::remote {

namespace {

// An answer has to agree with its requests in number and type; that is all that is kept of them.
std::vector<hrana::Request> types_of(std::span<const hrana::Request> requests) {
  std::vector<hrana::Request> types;
  types.reserve(requests.size());
  for (const hrana::Request& request : requests) {
    std::visit([&]<typename T>(const T& /*request*/) { types.emplace_back(T{}); }, request);
  }
  return types;
}

// One pipeline.
class PipelineCall final : public HttpCall {
 public:
  PipelineCall(std::shared_ptr<HttpStreamState> stream, Spec spec, std::optional<std::string> baton,
               std::span<const hrana::Request> requests, std::shared_ptr<Answer> answer)
      : HttpCall(stream->origin(), std::move(spec)),
        stream_(std::move(stream)),
        baton_(std::move(baton)),
        types_(types_of(requests)),
        answer_(std::move(answer)) {}

 private:
  bool piece(std::string_view bytes) override {
    body_ += bytes;
    return true;
  }

  void complete() override {
    try {
      const auto types = version() == 2 ? for_version_2(types_) : types_;
      const hrana::StreamHead head = origin().decoder().decode_pipeline(body_, types, *answer_);
      std::optional<std::string> baton;
      std::optional<std::string> base_url;
      if (head.baton) baton.emplace(*head.baton);
      if (head.base_url) base_url.emplace(*head.base_url);
      if (!stream_->set_head(std::move(baton), base_url)) {
        return fail_answered(Error(ErrorKind::io, "the server's base_url is no URL of a server"));
      }
    } catch (const hrana::Malformed& malformed) {
      return fail_answered(Error(
          ErrorKind::io, std::string("the server's answer is malformed: ") + malformed.what()));
    }
    stop();
    const bool open = stream_->end();
    std::exchange(answer_, nullptr)->finished(nullptr, open);
  }

  void failed(const StreamFailure& failure, bool sent) override {
    stream_->fail(sent ? std::nullopt : std::move(baton_));
    std::exchange(answer_, nullptr)->finished(&failure, false);
  }

  const std::shared_ptr<HttpStreamState> stream_;
  std::optional<std::string> baton_;
  const std::vector<hrana::Request> types_;
  std::shared_ptr<Answer> answer_;
  std::string body_;
};

std::string encoded(hrana::Encoding encoding, const auto& request) {
  std::string body;
  encoder_of_thread(encoding).encode(request, body);
  return body;
}

hrana::OptionalText view_of(const std::optional<std::string>& text) {
  return text ? hrana::OptionalText(*text) : std::nullopt;
}

}  // namespace

void HttpStream::send(const Exchange& exchange, std::shared_ptr<Answer> answer) {
  const HttpOrigin& origin = *state_->origin();
  hrana::PipelineRequest request;
  request.requests.assign(exchange.requests.begin(), exchange.requests.end());
  if (exchange.close) request.requests.emplace_back(hrana::CloseStream{});
  HttpCall::Spec spec;
  // Before the baton is taken: what cannot be encoded leaves the stream as it is.
  if (origin.version() == 0 && origin.encoding() == hrana::Encoding::json) {
    spec.body_of_version_2 = encoded(
        origin.encoding(), hrana::PipelineRequest{std::nullopt, for_version_2(request.requests)});
  }
  const std::vector<hrana::Request> types = types_of(request.requests);
  if (origin.version() == 2) request.requests = for_version_2(request.requests);
  HttpStreamState::Place place = state_->take();
  request.baton = view_of(place.baton);
  try {
    spec.body = encoded(origin.encoding(), request);
  } catch (...) {
    state_->give_back(std::move(place.baton));
    throw;
  }
  spec.server = std::move(place.server);
  spec.deadline = exchange.deadline;
  spec.on_open_stream = place.baton.has_value();
  spec.repeatable = exchange.repeatable;
  if (spec.on_open_stream) spec.body_of_version_2.reset();
  state_->begin(std::make_shared<PipelineCall>(state_, std::move(spec), std::move(place.baton),
                                               types, std::move(answer)));
}

void HttpStream::open_cursor(const Cursor& cursor, std::shared_ptr<Answer> answer) {
  const HttpOrigin& origin = *state_->origin();
  hrana::CursorRequest request{std::nullopt, cursor.batch};
  HttpStreamState::Place place = state_->take();
  request.baton = view_of(place.baton);
  HttpCall::Spec spec;
  try {
    spec.body = encoded(origin.encoding(), request);
  } catch (...) {
    state_->give_back(std::move(place.baton));
    throw;
  }
  spec.server = std::move(place.server);
  spec.endpoint = Endpoint::cursor;
  spec.deadline = cursor.deadline;
  spec.on_open_stream = place.baton.has_value();
  spec.repeatable = cursor.repeatable;
  auto call = std::make_shared<HttpCursor>(state_, std::move(spec));
  call->want(cursor.max_rows, cursor.deadline, std::move(answer));
  {
    const core::MutexLock lock(mutex_);
    cursor_ = call;
  }
  state_->begin(std::move(call));
}

void HttpStream::fetch(std::uint32_t max_rows, Deadline deadline, std::shared_ptr<Answer> answer) {
  const core::MutexLock lock(mutex_);
  cursor_->want(max_rows, deadline, std::move(answer));
}

void HttpStream::close_cursor() noexcept {
  const core::MutexLock lock(mutex_);
  if (cursor_ == nullptr) return;
  cursor_->close();
  state_->end(*cursor_);
  cursor_.reset();
}

}  // namespace libsql::remote
