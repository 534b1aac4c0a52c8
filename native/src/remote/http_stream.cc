#include "remote/http_stream.h"

#include <string>

#include "hrana/malformed.h"
#include "remote/encoder.h"
#include "remote/pipeline.h"

namespace libsql::remote {

namespace {

// One pipeline.
class PipelineCall final : public HttpCall {
 public:
  PipelineCall(std::shared_ptr<HttpStreamState> stream, Spec spec, std::optional<std::string> baton,
               PipelineShape shape, std::shared_ptr<Answer> answer)
      : HttpCall(stream->origin(), std::move(spec)),
        stream_(std::move(stream)),
        baton_(std::move(baton)),
        shape_(std::move(shape)),
        answer_(std::move(answer)) {}

 private:
  bool piece(std::string_view bytes) override {
    body_ += bytes;
    return true;
  }

  void complete() override {
    try {
      const hrana::StreamHead head = shape_.read(dialect(), origin().decoder(), body_, *answer_);
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
  const PipelineShape shape_;
  std::shared_ptr<Answer> answer_;
  std::string body_;
};

hrana::OptionalText view_of(const std::optional<std::string>& text) {
  return text ? hrana::OptionalText(*text) : std::nullopt;
}

// The body of a cursor; where the server may have none, with that of a pipeline in its place.
EncodedPipeline encode_cursor(const HttpOrigin& origin, const Stream::Cursor& cursor,
                              hrana::OptionalText baton) {
  const Dialect dialect = origin.dialect();
  EncodedPipeline result;
  if (dialect != Dialect::version_3) {
    const hrana::Request request = hrana::RunBatch{cursor.batch};
    result = encode_pipeline(origin.encoding(), dialect, {&request, 1}, cursor.ends_stream, baton);
    if (dialect != Dialect::unknown) return result;
  }
  result.body.clear();
  encoder_of_thread(origin.encoding())
      .encode(hrana::CursorRequest{baton, cursor.batch}, result.body);
  return result;
}

}  // namespace

void HttpStream::send(const Exchange& exchange, std::shared_ptr<Answer> answer) {
  const HttpOrigin& origin = *state_->origin();
  HttpStreamState::Place place = state_->take();
  EncodedPipeline pipeline;
  try {
    pipeline = encode_pipeline(origin.encoding(), origin.dialect(), exchange.requests,
                               exchange.close, view_of(place.baton));
  } catch (...) {
    state_->give_back(std::move(place.baton));
    throw;
  }
  HttpCall::Spec spec;
  spec.server = std::move(place.server);
  spec.body = std::move(pipeline.body);
  spec.older = std::move(pipeline.older);
  spec.deadline = exchange.deadline;
  spec.on_open_stream = place.baton.has_value();
  spec.repeatable = exchange.repeatable;
  state_->begin(std::make_shared<PipelineCall>(state_, std::move(spec), std::move(place.baton),
                                               std::move(pipeline.shape), std::move(answer)));
}

void HttpStream::open_cursor(const Cursor& cursor, std::shared_ptr<Answer> answer) {
  HttpStreamState::Place place = state_->take();
  EncodedPipeline pipeline;
  try {
    pipeline = encode_cursor(*state_->origin(), cursor, view_of(place.baton));
  } catch (...) {
    state_->give_back(std::move(place.baton));
    throw;
  }
  HttpCall::Spec spec;
  spec.server = std::move(place.server);
  spec.endpoint = Endpoint::cursor;
  spec.body = std::move(pipeline.body);
  spec.older = std::move(pipeline.older);
  spec.deadline = cursor.deadline;
  spec.on_open_stream = place.baton.has_value();
  spec.repeatable = cursor.repeatable;
  auto call = std::make_shared<HttpCursor>(state_, std::move(spec), std::move(pipeline.shape));
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
