// A cursor over HTTP: one answer whose body is read portion by portion.
#ifndef LIBSQL_REMOTE_HTTP_CURSOR_H_
#define LIBSQL_REMOTE_HTTP_CURSOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hrana/codec.h"
#include "remote/http_call.h"
#include "remote/http_stream_state.h"
#include "remote/pipeline.h"
#include "remote/stream.h"

namespace libsql::remote {

// Between two portions, one piece of the body at most lies undecoded, and the connection is not
// read: the server waits.
//
// Threads: want() and close() are thread-safe; the rest is bound to the I/O thread.
class HttpCursor final : public HttpCall {
 public:
  // `shape`: of the pipeline that a server without cursors gets.
  HttpCursor(std::shared_ptr<HttpStreamState> stream, Spec spec, PipelineShape shape);

  // The next portion goes to `answer`. REQUIRES: the one before has ended.
  void want(std::uint32_t max_rows, Deadline deadline, std::shared_ptr<Answer> answer);
  void close();

 private:
  // Passes entries on and counts the rows.
  class Portion final : public hrana::Receiver {
   public:
    void begin_with(std::shared_ptr<Answer> answer, std::uint32_t max_rows) {
      answer_ = std::move(answer);
      rows_left_ = max_rows;
    }
    [[nodiscard]] bool open() const noexcept { return answer_ != nullptr; }
    [[nodiscard]] bool wants_more() const noexcept { return open() && rows_left_ > 0; }
    [[nodiscard]] std::shared_ptr<Answer> take() noexcept { return std::move(answer_); }

    void begin(hrana::RequestType /*type*/, std::uint32_t /*steps*/) override {}
    void step_begin(std::uint32_t step, std::span<const hrana::Column> columns) override {
      answer_->step_begin(step, columns);
    }
    bool row(std::span<const ValueView> values) override {
      if (rows_left_ > 0) --rows_left_;
      return answer_->row(values);
    }
    void step_end(const hrana::StepEnd& end) override { answer_->step_end(end); }
    void step_error(std::uint32_t step, const hrana::ErrorView& error) override {
      answer_->step_error(step, error);
    }
    void replication_index(std::optional<std::uint64_t> index) override {
      answer_->replication_index(index);
    }
    void fetched(bool /*done*/) override {}
    void description(const hrana::Description& /*description*/) override {}
    void autocommit(bool /*is_autocommit*/) override {}
    void end() override {}
    void error(const hrana::ErrorView& error) override { answer_->error(error); }

   private:
    std::shared_ptr<Answer> answer_;
    std::uint32_t rows_left_ = 0;
  };

  [[nodiscard]] bool piece(std::string_view bytes) override;
  void complete() override;
  void failed(const StreamFailure& failure, bool sent) override;

  // Decodes what has come, as far as it is wanted.
  void pump();
  void decode();
  void decode_pipeline();
  void end_portion(bool done);

  const std::shared_ptr<HttpStreamState> stream_;
  Portion portion_;
  const std::unique_ptr<hrana::CursorReader> reader_;
  const PipelineShape shape_;
  std::string pipeline_body_;
  std::optional<StreamFailure> failure_;  // Between two portions, for the next one.
  bool has_head_ = false;
  bool body_ended_ = false;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HTTP_CURSOR_H_
