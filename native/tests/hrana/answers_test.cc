// Decoding of answers: the worked exchanges of the specification, and the habits of servers.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hrana/codec.h"
#include "hrana/malformed.h"
#include "testing/hrana_trace.h"

namespace libsql::hrana {
namespace {

using libsql::testing::HranaTrace;

const Request kExecute = Execute{};
const Request kBatch = RunBatch{};

// The events of a JSON pipeline, and its head.
std::string decode(std::string body, std::vector<Request> requests) {
  HranaTrace trace;
  const auto codec = make_client_codec(Encoding::json);
  const StreamHead head = codec->decode_pipeline(body, requests, trace);
  return trace.text() + "head " + HranaTrace::of(head.baton) + ' ' + HranaTrace::of(head.base_url);
}

// An execute whose result is this.
std::string decode_result(const std::string& result) {
  return decode(
      R"({"results":[{"type":"ok","response":{"type":"execute","result":)" + result + "}}]}",
      {kExecute});
}

TEST(AnswersTest, DecodeAQueryOfOneRoundTrip) {
  EXPECT_EQ(
      decode(R"({"baton":null,"base_url":null,"results":[
   {"type":"ok","response":{"type":"execute","result":{"cols":[{"name":"id","decltype":"INTEGER"},{"name":"x","decltype":"BLOB"}],
     "rows":[[{"type":"integer","value":"7"},{"type":"blob","base64":"AP8"}]],"affected_row_count":0,"last_insert_rowid":null,
     "replication_index":"42","rows_read":1,"rows_written":0,"query_duration_ms":0.05}}},
   {"type":"ok","response":{"type":"close"}}]})",
             {kExecute, CloseStream{}}),
      "begin execute 0\nstep 0: id:INTEGER x:BLOB\nrow 7 X'00ff'\n"
      "step_end affected 0 index 42 read 1 ms 0.050000\nend\nbegin close_stream 0\nend\nhead - -");
}

TEST(AnswersTest, DecodeABatchInTheOrderOfItsSteps) {
  const std::string result =
      R"({"cols":[],"rows":[],"affected_row_count":1,"last_insert_rowid":"8"})";
  EXPECT_EQ(
      decode(
          R"({"baton":"B1","base_url":"http://h","results":[{"type":"ok","response":{"type":"batch","result":{"step_results":[)" +
              result + ",null,null," + result +
              R"(],"step_errors":[null,{"message":"no","code":"SQLITE_BUSY"},null,null],"replication_index":"3"}}},)"
              R"({"type":"ok","response":{"type":"get_autocommit","is_autocommit":false}},)"
              R"({"type":"error","error":{"message":"m","code":"C","extended_code":"E"}}]})",
          {kBatch, GetAutocommit{}, kExecute}),
      "begin batch 4\nstep 0:\nstep_end affected 1 rowid 8\nstep_error 1 SQLITE_BUSY - no\n"
      "step 3:\nstep_end affected 1 rowid 8\nindex 3\nend\n"
      "begin get_autocommit 0\nno autocommit\nend\nerror C E m\nhead B1 http://h");
}

TEST(AnswersTest, DecodeMembersInAnyOrder) {
  EXPECT_EQ(
      decode(
          R"({"results":[{"response":{"result":{"affected_row_count":2,"rows":[[{"value":"é","type":"text"}]],"x":[[]],
                       "last_insert_rowid":9223372036854775807,"cols":[{"decltype":null,"name":"a"}]},"type":"execute"},"type":"ok"}],"baton":"B"})",
          {kExecute}),
      "begin execute 0\nstep 0: a:-\nrow 'é'\nstep_end affected 2 rowid "
      "9223372036854775807\nend\nhead B -");
  EXPECT_EQ(
      decode(
          R"({"results":[{"type":"ok","response":{"type":"batch","result":{"step_errors":[{"code":null,"message":"m"}],"step_results":[null]}}}]})",
          {kBatch}),
      "begin batch 1\nstep_error 0 - - m\nend\nhead - -");
}

TEST(AnswersTest, DecodeTheVariantsOfValues) {
  const auto value = [](const std::string& json) {
    const std::string text = decode_result(R"({"cols":[{"name":"a"}],"rows":[[)" + json +
                                           R"(]],"affected_row_count":0})");
    const std::size_t begin = text.find("row ") + 4;
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  EXPECT_EQ(value(R"({"type":"null"})"), "NULL");
  EXPECT_EQ(value(R"({"type":"integer","value":"-9223372036854775808"})"), "-9223372036854775808");
  EXPECT_EQ(value(R"({"type":"float","value":1})"), "1.0");
  EXPECT_EQ(value(R"({"type":"float","value":-1.5e-3})"), "-0.0015");
  EXPECT_EQ(value(R"({"type":"float","value":null})"), "NaN");
  EXPECT_EQ(value(R"({"type":"text","value":"a\tb"})"), "'a\tb'");
  EXPECT_EQ(value(R"({"type":"blob","base64":"3q2+7w=="})"), "X'deadbeef'");
  EXPECT_EQ(value(R"({"type":"blob","base64":""})"), "X''");
}

TEST(AnswersTest, StopDeliveringRowsOfAStepThatNobodyWants) {
  HranaTrace trace;
  trace.stop_after(2);
  std::string body =
      R"({"results":[{"type":"ok","response":{"type":"execute","result":{"cols":[{}],"rows":[[{"type":"null"}],[{"type":"null"}],[{"type":"null"}],[{"type":"null"}]],"affected_row_count":0}}},{"type":"ok","response":{"type":"close"}}]})";
  make_client_codec(Encoding::json)
      ->decode_pipeline(body, std::vector<Request>{kExecute, CloseStream{}}, trace);
  EXPECT_EQ(trace.text(),
            "begin execute 0\nstep 0: -:-\nrow NULL\nrow NULL\nstep_end affected 0\nend\nbegin "
            "close_stream 0\nend\n");
}

TEST(AnswersTest, DecodeADescription) {
  EXPECT_EQ(
      decode(
          R"({"results":[{"type":"ok","response":{"type":"describe","result":{"params":[{"name":":a"},{"name":null}],"cols":[{"name":"x","decltype":"TEXT"},{"name":"y"}],"is_explain":false,"is_readonly":true}}}]})",
          {Describe{}}),
      "begin describe 0\ndescription :a - -> x:TEXT y:- readonly\nend\nhead - -");
}

// Passes the answers to one trace and writes the rest into it.
class Messages : public ServerMessages {
 public:
  void hello_ok() override { trace.line("hello_ok"); }
  void hello_error(const ErrorView& error) override {
    trace.line("hello_error " + HranaTrace::of(error));
  }
  Receiver* receiver_of(std::int32_t request_id) override {
    trace.line("request " + std::to_string(request_id));
    return request_id == 99 ? nullptr : &trace;
  }
  HranaTrace trace;
};

std::string decode_message(std::string body) {
  Messages messages;
  make_client_codec(Encoding::json)->decode_message(body, messages);
  return messages.trace.text();
}

TEST(AnswersTest, DecodeTheMessagesOfAWebSocket) {
  EXPECT_EQ(decode_message(R"({"type":"hello_ok"})"), "hello_ok\n");
  EXPECT_EQ(
      decode_message(R"({"type":"hello_error","error":{"message":"m","code":"AUTH_JWT_EXPIRED"}})"),
      "hello_error AUTH_JWT_EXPIRED - m\n");
  EXPECT_EQ(
      decode_message(R"({"type":"response_ok","request_id":-5,"response":{"type":"open_stream"}})"),
      "request -5\nbegin open_stream 0\nend\n");
  EXPECT_EQ(decode_message(R"({"type":"response_error","request_id":1,"error":{"message":"m"}})"),
            "request 1\nerror - - m\n");
  EXPECT_EQ(
      decode_message(
          R"({"response":{"entries":[{"type":"step_begin","step":0,"cols":[{"name":"a"}]},{"type":"row","row":[{"type":"null"}]},)"
          R"({"type":"step_end","affected_row_count":1,"last_insert_rowid":9},{"type":"new_thing"},{"type":"error","error":{"message":"m"}}],"done":true,"type":"fetch_cursor"},"request_id":2,"type":"response_ok"})"),
      "request 2\nbegin fetch_cursor 0\nstep 0: a:-\nrow NULL\nstep_end affected 1 rowid 9\nerror "
      "- - m\nfetched, done\nend\n");
}

TEST(AnswersTest, RefuseAnAnswerToNoRequest) {
  EXPECT_THROW(
      decode_message(R"({"type":"response_ok","request_id":99,"response":{"type":"open_stream"}})"),
      Malformed);
}

}  // namespace
}  // namespace libsql::hrana
