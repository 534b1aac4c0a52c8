// Encodes answers in Protobuf.
#ifndef LIBSQL_HRANA_PROTOBUF_WRITER_H_
#define LIBSQL_HRANA_PROTOBUF_WRITER_H_

#include <cstdint>
#include <string>
#include <utility>

#include "hrana/checked_writer.h"

namespace libsql::hrana::protobuf {

// The message Error.
[[nodiscard]] std::string error_message(const ErrorView& error);
// The fields `baton` and `base_url`.
void append_head(const StreamHead& head, std::string& out);

// Parts are built from the inside out: a step that fails takes what was written of it along.
class Writer final : public CheckedWriter {
 public:
  enum class Frame : std::uint8_t { pipeline, response, cursor };

  explicit Writer(Frame frame, std::int32_t request_id = 0)
      : frame_(frame), request_id_(request_id) {}

  // The first message of a cursor.
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
  void put_entry(std::uint32_t field, std::string_view message);
  void put_map_entry(std::uint32_t field, std::uint32_t step, std::string_view message);
  void put_error_answer(const std::string& error);

  Frame frame_;
  std::int32_t request_id_;
  std::string out_;
  bool open_ = false;    // Between begin() and end().
  bool failed_ = false;  // The open answer has become an error.
  RequestType type_ = RequestType::open_stream;
  std::string content_;  // Of the open answer: the message of its type.
  std::string batch_;    // BatchResult
  std::string result_;   // StmtResult
  std::uint32_t step_ = 0;
};

}  // namespace libsql::hrana::protobuf

#endif  // LIBSQL_HRANA_PROTOBUF_WRITER_H_
