// Hrana's answers in Protobuf: decoding.
#ifndef LIBSQL_HRANA_PROTOBUF_ANSWERS_H_
#define LIBSQL_HRANA_PROTOBUF_ANSWERS_H_

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "hrana/codec.h"
#include "hrana/limits.h"

namespace libsql::hrana::protobuf {

// Pushes answers into receivers. Errors: Malformed, protozero::exception.
//
// Threads: thread-compatible.
class AnswerReader {
 public:
  explicit AnswerReader(const Limits& limits) : limits_(limits), elements_(limits) {}

  StreamHead pipeline(std::string_view message, std::span<const Request> requests,
                      Receiver& receiver);
  void server_message(std::string_view message, ServerMessages& messages);
  [[nodiscard]] static StreamHead head(std::string_view message);
  void cursor_entry(std::string_view message, Receiver& receiver);
  // For the next message.
  void start() { elements_ = ElementCount(limits_); }

 private:
  void stream_result(std::string_view message, RequestType expected, Receiver& receiver);
  void response_ok(std::string_view message, ServerMessages& messages);
  void response_error(std::string_view message, ServerMessages& messages);
  void content(RequestType type, std::string_view message, Receiver& receiver);
  void batch_result(std::string_view message, Receiver& receiver);
  void stmt_result(std::uint32_t step, std::string_view message, Receiver& receiver);
  void rows(std::string_view result, Receiver& receiver);
  std::span<const ValueView> row(std::string_view message);
  void step_begin(std::string_view message, Receiver& receiver);
  void described(std::string_view message, Receiver& receiver);
  void fetched(std::string_view message, Receiver& receiver);
  std::pair<std::uint32_t, std::string_view> map_entry(std::string_view message);

  Limits limits_;
  ElementCount elements_;
  // Kept between calls for their capacity.
  std::vector<Column> columns_;
  std::vector<ValueView> values_;
};

}  // namespace libsql::hrana::protobuf

#endif  // LIBSQL_HRANA_PROTOBUF_ANSWERS_H_
