// Encoding of answers, by the rules of the strictest known clients.
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hrana/codec.h"
#include "testing/hrana_trace.h"

namespace libsql::hrana {
namespace {

using libsql::testing::HranaTrace;

const std::vector<Column> kColumns{{"id", "INTEGER"}, {std::nullopt, std::nullopt}};

TEST(WriterTest, WritesAQueryWithEveryMemberThatClientsNeed) {
  const auto codec = make_server_codec(Encoding::json);
  const auto writer = codec->write_pipeline();
  writer->begin(RequestType::execute, 0);
  writer->step_begin(0, kColumns);
  EXPECT_TRUE(writer->row(std::vector<ValueView>{ValueView(7), ValueView::blob("\xFF")}));
  writer->step_end({1, 9, 42, 2, 3, 0.5});
  writer->end();
  writer->begin(RequestType::close_stream, 0);
  writer->end();
  writer->error({"m", {}, {}});
  EXPECT_EQ(
      codec->pipeline_body({"B", {}}, writer->take()),
      R"({"baton":"B","base_url":null,"results":[{"type":"ok","response":{"type":"execute","result":{"cols":[{"name":"id","decltype":"INTEGER"},{"name":null,"decltype":null}],)"
      R"("rows":[[{"type":"integer","value":"7"},{"type":"blob","base64":"/w"}]],"affected_row_count":1,"last_insert_rowid":"9","replication_index":"42","rows_read":2,"rows_written":3,"query_duration_ms":0.5}}},)"
      R"({"type":"ok","response":{"type":"close"}},{"type":"error","error":{"message":"m","code":"UNKNOWN"}}]})");
}

TEST(WriterTest, WritesBothArraysOfABatchWithNullForSkippedSteps) {
  const auto writer = make_server_codec(Encoding::json)->write_response(5);
  writer->begin(RequestType::batch, 5);
  writer->step_error(1, {"never begun", "C", {}});
  writer->step_begin(2, kColumns);
  static_cast<void>(writer->row(std::vector<ValueView>{ValueView(1), ValueView(2)}));
  writer->step_error(2, {"begun", "C", {}});
  writer->step_begin(3, {});
  writer->step_end({});
  writer->end();
  EXPECT_EQ(
      writer->take(),
      R"({"type":"response_ok","request_id":5,"response":{"type":"batch","result":{"step_results":[null,null,null,)"
      R"({"cols":[],"rows":[],"affected_row_count":0,"last_insert_rowid":null,"replication_index":null,"rows_read":0,"rows_written":0,"query_duration_ms":0.0},null],)"
      R"("step_errors":[null,{"message":"never begun","code":"C"},{"message":"begun","code":"C"},null,null],"replication_index":null}}})");
}

TEST(WriterTest, WritesRowidsOfCursorsAsStringsAndTheLastEntryOverHttpOnly) {
  const auto codec = make_server_codec(Encoding::json);
  const auto cursor = codec->write_cursor({"B", {}});
  const auto fetch = codec->write_response(1);
  fetch->begin(RequestType::fetch_cursor, 0);
  for (AnswerWriter* writer : {cursor.get(), fetch.get()}) {
    writer->step_begin(0, {});
    writer->step_end({1, 9, {}, 0, 0, 0});
    writer->replication_index(43);
  }
  fetch->fetched(true);
  fetch->end();
  EXPECT_EQ(
      cursor->take(),
      "{\"baton\":\"B\",\"base_url\":null}\n{\"type\":\"step_begin\",\"step\":0,\"cols\":[]}\n"
      "{\"type\":\"step_end\",\"affected_row_count\":1,\"last_insert_rowid\":\"9\"}\n"
      "{\"type\":\"replication_index\",\"replication_index\":43}\n");
  EXPECT_EQ(
      fetch->take(),
      R"({"type":"response_ok","request_id":1,"response":{"type":"fetch_cursor","entries":[{"type":"step_begin","step":0,"cols":[]},{"type":"step_end","affected_row_count":1,"last_insert_rowid":"9"}],"done":true}})");
}

TEST(WriterTest, TurnsAnAnswerThatFailedHalfwayIntoAnError) {
  const auto codec = make_server_codec(Encoding::json);
  const auto writer = codec->write_pipeline();
  writer->begin(RequestType::execute, 0);
  writer->step_begin(0, kColumns);
  static_cast<void>(writer->row(std::vector<ValueView>{ValueView(1), ValueView(2)}));
  writer->step_error(0, {"late", "C", {}});
  writer->end();
  EXPECT_EQ(writer->take(), R"({"type":"error","error":{"message":"late","code":"C"}})");
}

// The events that a client sees of a query with a row of this value.
std::string sent(Encoding encoding, const ValueView& value) {
  const auto codec = make_server_codec(encoding);
  const auto writer = codec->write_pipeline();
  const Column column{"a", {}};
  writer->begin(RequestType::batch, 1);
  writer->step_begin(0, {&column, 1});
  if (writer->row({&value, 1})) {
    writer->step_end({});
  } else {
    writer->step_error(0, {"ignored", "C", {}});
  }
  writer->end();
  std::string body = codec->pipeline_body({}, writer->take());
  HranaTrace trace;
  make_client_codec(encoding)->decode_pipeline(body, std::vector<Request>{RunBatch{}}, trace);
  return trace.text();
}

TEST(WriterTest, MakesAStepAnErrorWhoseRowsCannotBeSent) {
  const std::string begin = "begin batch 1\n";
  const std::string bad_text = begin +
                               "step_error 0 UNSUPPORTED_VALUE - a text that is not UTF-8 cannot "
                               "be sent; cast it to BLOB\nend\n";
  EXPECT_EQ(sent(Encoding::json, ValueView("\xFF")), bad_text);
  EXPECT_EQ(sent(Encoding::protobuf, ValueView("\xFF")), bad_text);
  const ValueView infinite(-std::numeric_limits<double>::infinity());
  EXPECT_EQ(
      sent(Encoding::json, infinite),
      begin + "step_error 0 UNSUPPORTED_VALUE - an infinite number cannot be sent in JSON\nend\n");
  EXPECT_EQ(sent(Encoding::protobuf, infinite),
            begin + "step 0: a:-\nrow -9e999\nstep_end affected 0\nend\n");
}

TEST(WriterTest, MakesMessagesReadableThatAreNotUtf8) {
  EXPECT_EQ(make_server_codec(Encoding::json)->error_body({"a\xFF", "C", {}}),
            "{\"message\":\"a\uFFFD\",\"code\":\"C\"}");
  EXPECT_EQ(make_server_codec(Encoding::json)->hello_error({"m", "C", {}}),
            R"({"type":"hello_error","error":{"message":"m","code":"C"}})");
}

}  // namespace
}  // namespace libsql::hrana
