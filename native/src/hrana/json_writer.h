// Encodes answers in JSON, by the rules of the strictest known clients: see README.md.
#ifndef LIBSQL_HRANA_JSON_WRITER_H_
#define LIBSQL_HRANA_JSON_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "hrana/checked_writer.h"

namespace libsql::hrana::json {

// An Error, always with a code: some clients fail without one.
void append_error(const ErrorView& error, std::string& out);
// The members `baton` and `base_url`.
void append_head(const StreamHead& head, std::string& out);

class Writer final : public CheckedWriter {
 public:
  enum class Frame : std::uint8_t { pipeline, response, cursor };

  explicit Writer(Frame frame, std::int32_t request_id = 0)
      : frame_(frame), request_id_(request_id) {}

  // The first line of a cursor.
  void put_head(const StreamHead& head);

  void begin(RequestType type, std::uint32_t steps) override;
  void replication_index(std::optional<std::uint64_t> index) override;
  void fetched(bool done) override;
  void description(const Description& description) override;
  void autocommit(bool is_autocommit) override;
  void end() override;
  void error(const ErrorView& error) override;
  [[nodiscard]] std::string take() override { return std::exchange(out_, {}); }

 private:
  [[nodiscard]] std::string_view why_not(const ValueView& value) const noexcept override;
  void put_step_begin(std::uint32_t step, std::span<const Column> columns) override;
  void put_row(std::span<const ValueView> values) override;
  void put_step_end(const StepEnd& end) override;
  void put_step_error(std::uint32_t step, const ErrorView& error) override;

  // The answer is a list of cursor entries.
  [[nodiscard]] bool entries() const noexcept {
    return frame_ == Frame::cursor || (open_ && type_ == RequestType::fetch_cursor);
  }
  void begin_answer();
  void begin_entry();
  void end_entry();
  void begin_step_result(std::uint32_t step);
  void end_batch();

  Frame frame_;
  std::int32_t request_id_;
  std::string out_;
  bool open_ = false;    // Between begin() and end().
  bool failed_ = false;  // The open answer has become an error.
  RequestType type_ = RequestType::open_stream;
  std::size_t answer_begin_ = 0;
  bool first_ = true;  // No comma before the next row, or entry of a fetch.
  // Of a batch:
  std::uint32_t steps_ = 0;
  std::uint32_t step_results_ = 0;  // Written so far, with nulls.
  std::size_t step_begin_ = 0;
  bool in_step_ = false;
  std::vector<std::pair<std::uint32_t, std::string>> step_errors_;
  std::optional<std::uint64_t> index_;
};

}  // namespace libsql::hrana::json

#endif  // LIBSQL_HRANA_JSON_WRITER_H_
