// The answers of Hrana, as events: a decoder pushes them into a Receiver, and the writers that
// encode answers are receivers too. No result is ever held as a whole.
//
// One request's answer is either error(), or begin(), its content, end(). The content:
//   execute          step_begin(0) row* step_end
//   batch            for each step in order: step_begin row* step_end, or step_error, or nothing if
//                    it was skipped; then replication_index() if the server told it
//   fetch_cursor     cursor entries: the same events in the order of execution, where a step_error
//                    may follow its step's step_begin, and error() ends the cursor; then fetched()
//   describe         description()
//   get_autocommit   autocommit()
// The body of an HTTP cursor is cursor entries without begin() and end().
#ifndef LIBSQL_HRANA_RECEIVER_H_
#define LIBSQL_HRANA_RECEIVER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "hrana/messages.h"
#include "libsql/value.h"

namespace libsql::hrana {

struct Column {
  OptionalText name;
  OptionalText declared_type;
};

// What a step leaves behind. The members from `replication_index` on are zero in cursor entries.
struct StepEnd {
  std::uint64_t affected_row_count = 0;
  std::optional<std::int64_t> last_insert_rowid;
  std::optional<std::uint64_t> replication_index;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;
  double query_duration_ms = 0;
};

// A server's error. Servers since version 1 send a code; unknown ones are to be expected.
struct ErrorView {
  std::string_view message;
  OptionalText code;
  OptionalText extended_code;  // Turso only; JSON only.
};

struct DescribedColumn {
  std::string_view name;
  OptionalText declared_type;
};

struct Description {
  std::vector<OptionalText> parameters;  // Their names, with or without the prefix.
  std::vector<DescribedColumn> columns;
  bool is_explain = false;
  bool is_readonly = false;
};

// All views hold until the call returns; those into the received buffer as long as the buffer and
// its decoder do (codec.h). What a receiver throws passes through the decoder.
class Receiver {
 public:
  Receiver() = default;
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  virtual ~Receiver() = default;

  // `steps` is the number of steps of a batch; Protobuf gives only one more than the last that is
  // not skipped. 0 for other requests.
  virtual void begin(RequestType type, std::uint32_t steps) = 0;
  virtual void step_begin(std::uint32_t step, std::span<const Column> columns) = 0;
  // False: enough; no more rows of this step are wanted.
  [[nodiscard]] virtual bool row(std::span<const ValueView> values) = 0;
  virtual void step_end(const StepEnd& end) = 0;
  virtual void step_error(std::uint32_t step, const ErrorView& error) = 0;
  virtual void replication_index(std::optional<std::uint64_t> index) = 0;
  virtual void fetched(bool done) = 0;
  virtual void description(const Description& description) = 0;
  virtual void autocommit(bool is_autocommit) = 0;
  virtual void end() = 0;
  virtual void error(const ErrorView& error) = 0;
};

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_RECEIVER_H_
