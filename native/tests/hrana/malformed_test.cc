// Bytes that are not the protocol: each gives one named error.
#include "hrana/malformed.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hrana/codec.h"
#include "testing/hex.h"
#include "testing/hrana_trace.h"

namespace libsql::hrana {
namespace {

using libsql::testing::from_hex;
using libsql::testing::HranaTrace;

std::string error_of(auto&& decode) {
  try {
    decode();
  } catch (const Malformed& malformed) {
    return std::string(to_string(malformed.fault())) + ": " + malformed.what();
  }
  return "no error";
}

std::string request_error(std::string body, Encoding encoding = Encoding::json) {
  return error_of([&] {
    static_cast<void>(make_server_codec(encoding, {200'000, 10, 100})->decode_pipeline(body));
  });
}

std::string answer_error(std::string body, std::vector<Request> requests,
                         Encoding encoding = Encoding::json) {
  return error_of([&] {
    HranaTrace trace;
    make_client_codec(encoding, {200'000, 10, 100})->decode_pipeline(body, requests, trace);
  });
}

// A pipeline with a request of these members, or a statement, or a value.
std::string with(const std::string& request) { return R"({"requests":[{)" + request + "}]}"; }
std::string with_stmt(const std::string& stmt) {
  return with(R"("type":"execute","stmt":{)" + stmt + "}");
}
std::string with_value(const std::string& value) {
  return with_stmt(R"("sql":"S","args":[)" + value + "]");
}
std::string with_condition(const std::string& condition) {
  return with(
      R"("type":"batch","batch":{"steps":[{"stmt":{"sql":"S"}},{"stmt":{"sql":"S"},"condition":)" +
      condition + "}]}");
}

struct Row {
  std::string body;
  std::string error;
};

TEST(MalformedTest, NamesWhatIsWrongWithARequest) {
  const std::vector<Row> rows{
      {"", "not_json: Empty: no JSON found"},
      {" ", "not_json: Empty: no JSON found"},
      {"nope", "wrong_type: message: is not an object"},
      {"[]", "wrong_type: message: is not an object"},
      {"{}", "missing: requests: is missing"},
      {R"({"requests":null})", "wrong_type: requests: is not an array"},
      {R"({"requests":[]} {})", "not_json: text follows the message"},
      {R"({"requests":[1]})", "wrong_type: request: is not an object"},
      {R"({"baton":1,"requests":[]})", "wrong_type: baton: is not a string"},
      {with(""), "missing: type: is missing"},
      {with(R"("type":5)"), "wrong_type: type: is not a string"},
      {with(R"("type":"open_stream")"), "unknown_type: type: is none of a request"},
      {with(R"("type":"execute")"), "missing: stmt: is missing"},
      {with(R"("type":"store_sql","sql":"S")"), "missing: sql_id: is missing"},
      {with(R"("type":"store_sql","sql_id":"1","sql":"S")"),
       "wrong_type: sql_id: is not an integer"},
      {with(R"("type":"store_sql","sql_id":1.5,"sql":"S")"),
       "wrong_type: sql_id: is not an integer"},
      {with(R"("type":"store_sql","sql_id":2147483648,"sql":"S")"),
       "out_of_range: sql_id: does not fit in 32 bits with a sign"},
      {with(R"("type":"store_sql","sql_id":1)"), "missing: sql: is missing"},
      {with(R"("type":"sequence")"), "missing: sql: is missing, and so is sql_id"},
      {with(R"("type":"sequence","sql":"S","sql_id":1)"), "wrong_type: sql: stands beside sql_id"},
      {with_stmt(""), "missing: sql: is missing, and so is sql_id"},
      {with_stmt(R"("sql":"S","want_rows":1)"), "wrong_type: want_rows: is not a boolean"},
      {with_stmt(R"("sql":"\x")"), "bad_text: an escape in a string is not valid"},
      {with_stmt(R"("sql":"\ud800")"), "bad_text: an escape in a string is not valid"},
      {with_stmt(R"("sql":"S","args":{})"), "wrong_type: args: is not an array"},
      {with_stmt(R"("sql":"S","named_args":[{"name":"a"}])"), "missing: value: is missing"},
      {with_stmt(R"("sql":"S","named_args":[{"value":{"type":"null"}}])"),
       "missing: name: is missing"},
      {with_stmt(R"("sql":"S","replication_index":"-1")"),
       "wrong_type: replication_index: is not an integer"},
      {with_value("7"), "wrong_type: value: is not an object"},
      {with_value("{}"), "missing: type: is missing"},
      {with_value(R"({"type":"real","value":1})"), "unknown_type: type: is none of a value"},
      {with_value(R"({"type":"integer"})"), "missing: value: is missing"},
      {with_value(R"({"type":"integer","value":7})"), "wrong_type: value: is not a string"},
      {with_value(R"({"type":"integer","value":""})"), "wrong_type: value: is not an integer"},
      {with_value(R"({"type":"integer","value":" 7"})"), "wrong_type: value: is not an integer"},
      {with_value(R"({"type":"integer","value":"+7"})"), "wrong_type: value: is not an integer"},
      {with_value(R"({"type":"integer","value":"9223372036854775808"})"),
       "out_of_range: value: does not fit in 64 bits"},
      {with_value(R"({"type":"float","value":"1"})"), "wrong_type: value: is not a number"},
      {with_value(R"({"type":"text","value":null})"), "wrong_type: value: is not a string"},
      {with_value(R"({"type":"blob","value":"AA"})"), "missing: base64: is missing"},
      {with_value(R"({"type":"blob","base64":"A"})"), "bad_base64: base64: is not base64"},
      {with_value(R"({"type":"blob","base64":"_-8"})"), "bad_base64: base64: is not base64"},
      {with_condition(R"({"type":"ok"})"), "missing: step: is missing"},
      {with_condition(R"({"type":"ok","step":-1})"),
       "out_of_range: step: does not fit in 32 bits without a sign"},
      {with_condition(R"({"type":"ok","step":1})"),
       "bad_reference: condition: names a step that does not come before"},
      {with_condition(R"({"type":"xor"})"), "unknown_type: type: is none of a condition"},
      {with_condition(R"({"type":"and"})"), "missing: conds: is missing"},
      {"{\"baton\":\"\x01\"}",
       "not_json: Within strings, some characters must be escaped, we found unescaped characters"},
      {"{\"baton\":\"\xFF\"}", "not_json: The input is not valid UTF-8"},
      {R"({"baton":"open)", "not_json: A string is opened, but never closed."},
      {std::string(200'001, ' '), "too_large: the message is larger than allowed"},
  };
  for (const Row& row : rows) {
    const std::string error = request_error(row.body);
    EXPECT_EQ(error, row.error) << row.body.substr(0, 200);
  }
}

TEST(MalformedTest, BoundsWhatASmallMessageCanTakeInMemory) {
  std::string nulls = R"({"type":"null"})";
  for (int i = 0; i < 100; ++i) nulls += R"(,{"type":"null"})";
  EXPECT_EQ(request_error(with_value(nulls)), "too_large: args: too many elements in one message");
  std::string deep = R"({"type":"is_autocommit"})";
  for (int i = 0; i < 10; ++i) deep = R"({"type":"not","cond":)" + deep + "}";
  EXPECT_EQ(request_error(with_condition(deep)),
            "too_deep: condition: conditions are nested too deep");
  // Unknown members may nest as deep as they like.
  EXPECT_EQ(request_error(R"({"x":)" + std::string(50'000, '[') + std::string(50'000, ']') +
                          R"(,"requests":[]})"),
            "no error");
}

std::string result(const std::string& result) {
  return R"({"results":[{"type":"ok","response":{"type":"execute","result":{)" + result + "}}}]}";
}

TEST(MalformedTest, NamesWhatIsWrongWithAnAnswer) {
  const std::vector<Request> one{Execute{}};
  const std::vector<Row> rows{
      {"{}", "missing: results: is missing"},
      {R"({"results":[]})", "mismatch: results: are fewer than the requests"},
      {R"({"results":[{"type":"error","error":{"message":"m"}},{}]})",
       "mismatch: results: are more than the requests"},
      {R"({"results":[{"type":"none"}]})", "unknown_type: type: is none of a result"},
      {R"({"results":[{"type":"ok"}]})", "missing: response: is missing"},
      {R"({"results":[{"type":"ok","response":{"type":"fetch_cursor"}}]})",
       "unknown_type: type: is none of a response"},
      {R"({"results":[{"type":"ok","response":{"type":"close"}}]})",
       "mismatch: type: is another than the request's"},
      {R"({"results":[{"type":"error","error":{}}]})", "missing: error: has no member `message`"},
      {R"({"results":[{"type":"error","error":{"message":"m","code":1}}]})",
       "wrong_type: code: is not a string"},
      {result(""), "missing: cols: is missing"},
      {result(R"("cols":[])"), "missing: rows: is missing"},
      {result(R"("cols":[],"rows":[[{"type":"null"}]])"),
       "mismatch: rows: a row has another number of values than columns"},
      {result(R"("cols":[],"cols":[],"rows":[])"), "wrong_type: cols: occurs twice"},
      {result(R"("cols":[],"rows":[],"affected_row_count":-1)"),
       "wrong_type: affected_row_count: is not an integer"},
      {result(R"("cols":[],"rows":[],"last_insert_rowid":1.5)"),
       "wrong_type: last_insert_rowid: is not an integer"},
  };
  for (const Row& row : rows) EXPECT_EQ(answer_error(row.body, one), row.error) << row.body;
  const std::vector<Request> batch{RunBatch{}};
  const auto batch_result = [](const std::string& content) {
    return R"({"results":[{"type":"ok","response":{"type":"batch","result":{)" + content + "}}}]}";
  };
  EXPECT_EQ(answer_error(batch_result(R"("step_results":[])"), batch),
            "missing: step_errors: is missing");
  EXPECT_EQ(answer_error(batch_result(R"("step_errors":[])"), batch),
            "missing: step_results: is missing");
  EXPECT_EQ(answer_error(batch_result(R"("step_results":[null],"step_errors":[])"), batch),
            "mismatch: step_errors: are not as many as step_results");
  EXPECT_EQ(
      answer_error(batch_result(R"("step_results":[{}],"step_errors":[{"message":"m"}])"), batch),
      "mismatch: step_results: a step has a result and an error");
}

std::string bytes(std::string_view hex) {
  const auto raw = from_hex(hex);
  return {raw.begin(), raw.end()};
}

TEST(MalformedTest, NamesWhatIsWrongWithAProtobufRequest) {
  const std::vector<Row> rows{
      {"12", "not_protobuf: end of buffer exception"},
      {"1205", "not_protobuf: end of buffer exception"},
      {"00", "not_protobuf: invalid tag exception"},
      {"1b", "not_protobuf: unknown pbf field type exception"},
      {"1200", "unknown_type: request: is of no known type"},
      {"1201", "not_protobuf: end of buffer exception"},
      {"1001", "wrong_type: requests: has another wire type"},
      {"0a01ff", "bad_text: baton: is not UTF-8"},
      {"12021200", "missing: stmt: is missing"},
      {"120412020a00", "missing: sql: is missing, and so is sql_id"},
      {"120912070a050a01531a00", "unknown_type: value: is of no known type"},
      {"120b12090a070a01531a022201", "not_protobuf: end of buffer exception"},
      {"120c120a0a080a01531a032201ff", "bad_text: text: is not UTF-8"},
  };
  for (const Row& row : rows) {
    const std::string error = request_error(bytes(row.body), Encoding::protobuf);
    EXPECT_EQ(error, row.error) << row.body;
  }
  Batch batch;
  batch.steps.push_back({Condition::ok(0), {std::string_view("S"), {}, {}, true, {}}});
  std::string itself;
  make_client_codec(Encoding::protobuf)->encode(PipelineRequest{{}, {RunBatch{batch}}}, itself);
  EXPECT_EQ(request_error(itself, Encoding::protobuf),
            "bad_reference: condition: names a step that does not come before");
  // Unknown fields of every wire type pass.
  EXPECT_EQ(request_error(bytes("f801 01 fa01 02 0000 f901 0000000000000000 fd01 00000000"),
                          Encoding::protobuf),
            "no error");
}

TEST(MalformedTest, NamesWhatIsWrongWithAProtobufAnswer) {
  const std::vector<Request> one{Execute{}};
  const auto error = [&](std::string_view hex) {
    return answer_error(bytes(hex), one, Encoding::protobuf);
  };
  EXPECT_EQ(error(""), "mismatch: results: are fewer than the requests");
  EXPECT_EQ(error("1a00"), "unknown_type: result: is of no known type");
  EXPECT_EQ(error("1a020a00"), "missing: execute: is missing");
  EXPECT_EQ(error("1a040a020a00"), "mismatch: type: is another than the request's");
  EXPECT_EQ(error("1a040a021200"), "missing: result: is missing");
  EXPECT_EQ(error("1a0212001a021200"), "mismatch: results: are more than the requests");
  EXPECT_EQ(error("1a0c0a0a12080a0612040a020a00"),
            "mismatch: rows: a row has another number of values than columns");
}

}  // namespace
}  // namespace libsql::hrana
