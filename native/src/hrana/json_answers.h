// Hrana's answers in JSON: decoding.
#ifndef LIBSQL_HRANA_JSON_ANSWERS_H_
#define LIBSQL_HRANA_JSON_ANSWERS_H_

#include <span>
#include <vector>

#include "hrana/codec.h"
#include "hrana/cursor_order.h"
#include "hrana/json_reader.h"
#include "hrana/request_info.h"

namespace libsql::hrana::json {

// Pushes answers into receivers.
//
// Threads: thread-compatible, together with its reader.
class AnswerReader {
 public:
  explicit AnswerReader(Reader& reader) : reader_(reader), elements_(reader.limits()) {}

  StreamHead pipeline(ondemand::object& object, std::span<const Request> requests,
                      Receiver& receiver);
  void server_message(ondemand::object& object, ServerMessages& messages);
  StreamHead head(ondemand::object& object);
  // An entry of the type replication_index says nothing on a WebSocket.
  void cursor_entry(ondemand::object& object, Receiver& receiver);
  // For the next message.
  void start() { elements_ = ElementCount(reader_.limits()); }

 private:
  void stream_result(ondemand::value value, RequestType expected, Receiver& receiver);
  // Without `expected`, any type of the transport.
  void response(ondemand::value value, Transport transport, const RequestType* expected,
                Receiver& receiver);
  void content(RequestType type, ondemand::object& object, Receiver& receiver);
  void batch_result(ondemand::value value, Receiver& receiver);
  void step_results(ondemand::array array, Receiver& receiver);
  void read_step_errors(ondemand::array array);
  void stmt_result(std::uint32_t step, ondemand::value value, Receiver& receiver);
  bool step_end_member(ondemand::field& field, StepEnd& end);
  void columns(ondemand::value value);
  void rows(ondemand::value value, Receiver& receiver);
  std::span<const ValueView> row(ondemand::value value);
  void described(ondemand::value value, Receiver& receiver);
  void fetched(ondemand::object& object, Receiver& receiver);
  OptionalText named(ondemand::object& object, std::string_view name);

  Reader& reader_;
  ElementCount elements_;
  // Kept between calls for their capacity.
  std::vector<Column> columns_;
  std::vector<ValueView> values_;
  std::vector<std::optional<ErrorView>> step_errors_;
};

}  // namespace libsql::hrana::json

#endif  // LIBSQL_HRANA_JSON_ANSWERS_H_
