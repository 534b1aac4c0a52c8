#include "remote/http_cursor.h"

#include <utility>

#include "hrana/malformed.h"

#include <boost/asio/post.hpp>

namespace libsql::remote {

HttpCursor::HttpCursor(std::shared_ptr<HttpStreamState> stream, Spec spec, PipelineShape shape)
    : HttpCall(stream->origin(), std::move(spec)),
      stream_(std::move(stream)),
      reader_(hrana::make_client_codec(origin().encoding())->read_cursor(portion_)),
      shape_(std::move(shape)) {}

void HttpCursor::want(std::uint32_t max_rows, Deadline deadline, std::shared_ptr<Answer> answer) {
  const auto self = std::static_pointer_cast<HttpCursor>(shared_from_this());
  boost::asio::post(
      origin().io().context(), [self, max_rows, deadline, answer = std::move(answer)]() mutable {
        if (self->ended()) {
          const StreamFailure lost{StreamFailure::Executed::no,
                                   Error(ErrorKind::unknown_cursor, "the cursor has ended")};
          answer->finished(self->failure_ ? &*self->failure_ : &lost, false);
          return;
        }
        self->portion_.begin_with(std::move(answer), max_rows);
        self->pump();
        if (self->portion_.open() && !self->body_ended_) self->resume(deadline);
      });
}

void HttpCursor::close() {
  const auto self = std::static_pointer_cast<HttpCursor>(shared_from_this());
  boost::asio::post(origin().io().context(), [self] {
    if (!self->ended()) self->stop();
  });
}

bool HttpCursor::piece(std::string_view bytes) {
  if (dialect() != Dialect::version_3) {
    pipeline_body_ += bytes;
    return true;
  }
  try {
    reader_->add(bytes);
  } catch (const hrana::Malformed& malformed) {
    fail_answered(Error(ErrorKind::io, malformed.what()));
    return true;
  }
  pump();
  return portion_.wants_more();
}

void HttpCursor::complete() {
  body_ended_ = true;
  pump();
}

void HttpCursor::pump() {
  try {
    decode();
  } catch (const hrana::Malformed& malformed) {
    fail_answered(
        Error(ErrorKind::io, std::string("the server's answer is malformed: ") + malformed.what()));
  }
}

void HttpCursor::decode_pipeline() {
  const hrana::StreamHead head =
      shape_.read(dialect(), origin().decoder(), pipeline_body_, portion_);
  std::optional<std::string> baton(head.baton);
  if (!stream_->set_head(std::move(baton), std::optional<std::string>(head.base_url))) {
    return fail_answered(Error(ErrorKind::io, "the server's base_url is no URL of a server"));
  }
  end_portion(true);
}

void HttpCursor::decode() {
  if (dialect() != Dialect::version_3) {
    if (body_ended_ && portion_.open()) decode_pipeline();
    return;
  }
  while (portion_.wants_more() && reader_->next()) {
    if (has_head_ || !reader_->head()) continue;
    has_head_ = true;
    if (!stream_->set_head(reader_->head()->baton, reader_->head()->base_url)) {
      return fail_answered(Error(ErrorKind::io, "the server's base_url is no URL of a server"));
    }
  }
  if (!portion_.open()) return;
  if (!portion_.wants_more()) return end_portion(false);
  if (!body_ended_) return;
  reader_->finish();
  end_portion(true);
}

void HttpCursor::end_portion(bool done) {
  const auto answer = portion_.take();
  answer->fetched(done);
  bool open = true;
  if (done) {
    stop();
    open = stream_->end();
  }
  answer->finished(nullptr, open);
}

void HttpCursor::failed(const StreamFailure& failure, bool /*sent*/) {
  failure_ = failure;
  // Its baton is good: the server gave it before it ran the batch.
  stream_->fail(has_head_ ? reader_->head()->baton : std::nullopt);
  if (const auto answer = portion_.take()) answer->finished(&*failure_, false);
}

}  // namespace libsql::remote
