// Round trips of random messages: each encoding reads what it wrote, and both mean the same.
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "hrana/codec.h"
#include "hrana/text.h"
#include "testing/hrana_trace.h"

namespace libsql::hrana {
namespace {

using libsql::testing::HranaTrace;

// Makes random messages; keeps the texts that they borrow.
class Random {
 public:
  bool coin() { return *rc::gen::arbitrary<bool>(); }
  std::size_t below(std::size_t bound) { return *rc::gen::inRange<std::size_t>(0, bound); }
  std::int32_t id() { return *rc::gen::arbitrary<std::int32_t>(); }
  std::uint64_t count() { return *rc::gen::arbitrary<std::uint64_t>(); }
  std::string_view bytes() { return kept_.emplace_back(*rc::gen::arbitrary<std::string>()); }
  std::string_view text() {
    const std::string_view any = bytes();
    static const std::vector<std::string> kMore{"", "é", "\U0001F600", "\"\\/\b\n",
                                                std::string(1, '\0')};
    return kept_.emplace_back(readable(any) + kMore[below(kMore.size())]);
  }
  OptionalText optional_text() { return coin() ? OptionalText(text()) : std::nullopt; }
  std::optional<std::uint64_t> index() { return coin() ? std::optional(count()) : std::nullopt; }

  ValueView value() {
    switch (below(6)) {
      case 0:
        return {};
      case 1:
        return *rc::gen::arbitrary<std::int64_t>();
      case 2:
        return *rc::gen::arbitrary<double>();
      case 3:
        return text();
      case 4:
        return ValueView::blob(bytes());
      default:
        return coin() ? ValueView(std::numeric_limits<std::int64_t>::min()) : ValueView(-0.0);
    }
  }
  std::vector<ValueView> values(std::size_t count) {
    std::vector<ValueView> result;
    for (std::size_t i = 0; i < count; ++i) result.push_back(value());
    return result;
  }
  SqlSource sql() { return coin() ? SqlSource(text()) : SqlSource(id()); }
  Stmt stmt() {
    Stmt result{sql(), values(below(3)), {}, coin(), index()};
    for (std::size_t i = below(3); i > 0; --i) result.named_args.push_back({text(), value()});
    return result;
  }
  Condition condition(std::uint32_t step, int depth) {
    const std::size_t kinds = depth > 0 ? 6 : 3;
    switch (below(kinds)) {
      case 0:
        return Condition::is_autocommit();
      case 1:
        return step > 0 ? Condition::ok(static_cast<std::uint32_t>(below(step)))
                        : Condition::is_autocommit();
      case 2:
        return step > 0 ? Condition::error(static_cast<std::uint32_t>(below(step)))
                        : Condition::is_autocommit();
      case 3:
        return Condition::negation(condition(step, depth - 1));
      default:
        break;
    }
    std::vector<Condition> operands;
    for (std::size_t i = below(3); i > 0; --i) operands.push_back(condition(step, depth - 1));
    return coin() ? Condition::all(operands) : Condition::any(operands);
  }
  Batch batch() {
    Batch result{{}, index()};
    const std::size_t steps = below(4);
    for (std::uint32_t step = 0; step < steps; ++step) {
      BatchStep next{std::nullopt, stmt()};
      if (coin()) next.condition = condition(step, 3);
      result.steps.push_back(next);
    }
    return result;
  }
  Request http_request() {
    switch (below(8)) {
      case 0:
        return CloseStream{};
      case 1:
        return Execute{stmt()};
      case 2:
        return RunBatch{batch()};
      case 3:
        return Sequence{sql(), index()};
      case 4:
        return Describe{sql(), index()};
      case 5:
        return StoreSql{id(), text()};
      case 6:
        return CloseSql{id()};
      default:
        return GetAutocommit{};
    }
  }
  Request socket_request() {
    switch (below(8)) {
      case 0:
        return OpenStream{};
      case 1:
        return OpenCursor{id(), batch()};
      case 2:
        return CloseCursor{id()};
      case 3:
        return FetchCursor{id(), static_cast<std::uint32_t>(count())};
      default:
        return http_request();
    }
  }
  ErrorView error() { return {text(), text(), {}}; }

  // Random events of one answer.
  void step(Receiver& receiver, std::uint32_t step, bool entry) {
    if (below(4) == 0) {
      receiver.step_error(step, error());
      return;
    }
    std::vector<Column> columns(below(3));
    for (Column& column : columns) column = {optional_text(), optional_text()};
    receiver.step_begin(step, columns);
    for (std::size_t rows = below(4); rows > 0; --rows) {
      static_cast<void>(receiver.row(values(columns.size())));
    }
    StepEnd end;
    end.affected_row_count = count();
    if (coin()) end.last_insert_rowid = *rc::gen::arbitrary<std::int64_t>();
    if (!entry) {
      end.replication_index = index();
      end.rows_read = count();
      end.rows_written = count();
      end.query_duration_ms = 0.25 * static_cast<double>(below(100));
    }
    receiver.step_end(end);
  }
  void steps(Receiver& receiver, bool entry) {
    for (std::uint32_t i = 0; i < 4; ++i) {
      if (coin()) step(receiver, i, entry);
    }
    step(receiver, 4, entry);  // Protobuf does not tell how many steps were skipped at the end.
  }
  void answer(Receiver& receiver, RequestType type) {
    if (below(5) == 0) {
      receiver.error(error());
      return;
    }
    receiver.begin(type, type == RequestType::batch ? 5 : 0);
    if (type == RequestType::execute) step(receiver, 0, false);
    if (type == RequestType::batch) {
      steps(receiver, false);
      if (coin()) receiver.replication_index(count());
    }
    if (type == RequestType::fetch_cursor) {
      steps(receiver, true);
      receiver.fetched(coin());
    }
    if (type == RequestType::describe) {
      Description description;
      for (std::size_t i = below(3); i > 0; --i) description.parameters.push_back(optional_text());
      for (std::size_t i = below(3); i > 0; --i)
        description.columns.push_back({text(), optional_text()});
      description.is_explain = coin();
      description.is_readonly = coin();
      receiver.description(description);
    }
    if (type == RequestType::get_autocommit) receiver.autocommit(coin());
    receiver.end();
  }

 private:
  std::deque<std::string> kept_;
};

constexpr Encoding kEncodings[]{Encoding::json, Encoding::protobuf};

std::string json_of(const auto& message) {
  std::string out;
  make_client_codec(Encoding::json)->encode(message, out);
  return out;
}

// What the message is after a trip through the encoding, in JSON.
std::string through(Encoding encoding, const auto& message, auto&& decode) {
  std::string body;
  make_client_codec(encoding)->encode(message, body);
  const auto codec = make_server_codec(encoding);
  return json_of(decode(*codec, body));
}

RC_GTEST_PROP(HranaPropertyTest, PipelinesComeBackFromBothEncodings, ()) {
  Random random;
  PipelineRequest request{random.optional_text(), {}};
  for (std::size_t i = random.below(4); i > 0; --i)
    request.requests.push_back(random.http_request());
  for (const Encoding encoding : kEncodings) {
    RC_ASSERT(through(encoding, request, [](ServerCodec& codec, std::string& body) {
                return codec.decode_pipeline(body);
              }) == json_of(request));
  }
}

RC_GTEST_PROP(HranaPropertyTest, CursorRequestsComeBackFromBothEncodings, ()) {
  Random random;
  const CursorRequest request{random.optional_text(), random.batch()};
  for (const Encoding encoding : kEncodings) {
    RC_ASSERT(through(encoding, request, [](ServerCodec& codec, std::string& body) {
                return codec.decode_cursor(body);
              }) == json_of(request));
  }
}

RC_GTEST_PROP(HranaPropertyTest, SocketMessagesComeBackFromBothEncodings, ()) {
  Random random;
  ClientMessage message = Hello{random.optional_text()};
  if (random.below(5) != 0) {
    message = SocketRequest{random.id(), random.id(), random.socket_request()};
  }
  for (const Encoding encoding : kEncodings) {
    RC_ASSERT(through(encoding, message, [](ServerCodec& codec, std::string& body) {
                return codec.decode_message(body);
              }) == json_of(message));
  }
}

// Passes every event to several receivers, so that random ones need to be made but once.
class Fan : public Receiver {
 public:
  explicit Fan(std::vector<Receiver*> to) : to_(std::move(to)) {}
  void begin(RequestType type, std::uint32_t steps) override {
    for (auto* r : to_) r->begin(type, steps);
  }
  void step_begin(std::uint32_t step, std::span<const Column> columns) override {
    for (auto* r : to_) r->step_begin(step, columns);
  }
  bool row(std::span<const ValueView> values) override {
    for (auto* r : to_) RC_ASSERT(r->row(values));
    return true;
  }
  void step_end(const StepEnd& end) override {
    for (auto* r : to_) r->step_end(end);
  }
  void step_error(std::uint32_t step, const ErrorView& error) override {
    for (auto* r : to_) r->step_error(step, error);
  }
  void replication_index(std::optional<std::uint64_t> index) override {
    for (auto* r : to_) r->replication_index(index);
  }
  void fetched(bool done) override {
    for (auto* r : to_) r->fetched(done);
  }
  void description(const Description& description) override {
    for (auto* r : to_) r->description(description);
  }
  void autocommit(bool is_autocommit) override {
    for (auto* r : to_) r->autocommit(is_autocommit);
  }
  void end() override {
    for (auto* r : to_) r->end();
  }
  void error(const ErrorView& error) override {
    for (auto* r : to_) r->error(error);
  }

 private:
  std::vector<Receiver*> to_;
};

RC_GTEST_PROP(HranaPropertyTest, AnswersComeBackFromBothEncodings, ()) {
  Random random;
  std::vector<Request> requests;
  for (std::size_t i = random.below(4); i > 0; --i) requests.push_back(random.http_request());
  const auto json = make_server_codec(Encoding::json);
  const auto protobuf = make_server_codec(Encoding::protobuf);
  const auto json_writer = json->write_pipeline();
  const auto protobuf_writer = protobuf->write_pipeline();
  Fan fan({json_writer.get(), protobuf_writer.get()});
  for (const Request& request : requests) random.answer(fan, type_of(request));
  const StreamHead head{random.optional_text(), random.optional_text()};
  std::string json_body = json->pipeline_body(head, json_writer->take());
  std::string protobuf_body = protobuf->pipeline_body(head, protobuf_writer->take());
  const std::string expected = json_body;
  for (const Encoding encoding : kEncodings) {
    const auto again = json->write_pipeline();
    const auto codec = make_client_codec(encoding);
    const StreamHead read = codec->decode_pipeline(
        encoding == Encoding::json ? json_body : protobuf_body, requests, *again);
    RC_ASSERT(json->pipeline_body(read, again->take()) == expected);
  }
}

class OneReceiver : public ServerMessages {
 public:
  explicit OneReceiver(Receiver& receiver) : receiver_(receiver) {}
  void hello_ok() override {}
  void hello_error(const ErrorView& /*error*/) override {}
  Receiver* receiver_of(std::int32_t request_id) override {
    id = request_id;
    return &receiver_;
  }
  std::int32_t id = 0;

 private:
  Receiver& receiver_;
};

RC_GTEST_PROP(HranaPropertyTest, SocketAnswersComeBackFromBothEncodings, ()) {
  Random random;
  const std::int32_t id = random.id();
  const auto json = make_server_codec(Encoding::json);
  const auto json_writer = json->write_response(id);
  const auto protobuf_writer = make_server_codec(Encoding::protobuf)->write_response(id);
  Fan fan({json_writer.get(), protobuf_writer.get()});
  random.answer(fan, type_of(random.socket_request()));
  std::string bodies[]{json_writer->take(), protobuf_writer->take()};
  const std::string expected = bodies[0];
  for (const Encoding encoding : kEncodings) {
    const auto again = json->write_response(id);
    OneReceiver messages(*again);
    make_client_codec(encoding)->decode_message(bodies[encoding == Encoding::json ? 0 : 1],
                                                messages);
    RC_ASSERT(messages.id == id);
    RC_ASSERT(again->take() == expected);
  }
}

RC_GTEST_PROP(HranaPropertyTest, CursorsComeBackWhateverThePieces, ()) {
  Random random;
  HranaTrace expected;
  const StreamHead head{random.text(), {}};
  const auto json = make_server_codec(Encoding::json)->write_cursor(head);
  const auto protobuf = make_server_codec(Encoding::protobuf)->write_cursor(head);
  Fan fan({json.get(), protobuf.get(), &expected});
  random.steps(fan, true);
  const std::string bodies[]{json->take(), protobuf->take()};
  for (const Encoding encoding : kEncodings) {
    HranaTrace trace;
    const auto reader = make_client_codec(encoding)->read_cursor(trace);
    std::string_view rest = bodies[encoding == Encoding::json ? 0 : 1];
    while (!rest.empty()) {
      const std::string_view piece = rest.substr(0, 1 + random.below(200));
      reader->feed(piece);
      rest.remove_prefix(piece.size());
    }
    reader->finish();
    RC_ASSERT(trace.text() == expected.text());
    RC_ASSERT(reader->head()->baton == std::string(*head.baton));
  }
}

}  // namespace
}  // namespace libsql::hrana
