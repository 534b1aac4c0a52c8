// The body of an HTTP cursor, in pieces of any size.
#include <string>

#include <gtest/gtest.h>

#include "hrana/codec.h"
#include "hrana/malformed.h"
#include "testing/hrana_trace.h"

namespace libsql::hrana {
namespace {

using libsql::testing::HranaTrace;

// As sqld writes it.
constexpr std::string_view kBody =
    R"x({"baton":"B2","base_url":null}
{"type":"step_begin","step":0,"cols":[]}
{"type":"step_end","affected_row_count":1,"last_insert_rowid":9}
{"type":"step_error","step":2,"error":{"message":"SQL input error: no such column: nope (at offset 7)","code":"SQL_INPUT_ERROR"}}
{"type":"replication_index","replication_index":43}
)x";
constexpr std::string_view kEvents =
    "step 0:\nstep_end affected 1 rowid 9\n"
    "step_error 2 SQL_INPUT_ERROR - SQL input error: no such column: nope (at offset 7)\nindex "
    "43\n";

std::string read(Encoding encoding, std::string_view body, std::size_t piece) {
  HranaTrace trace;
  const auto reader = make_client_codec(encoding)->read_cursor(trace);
  for (std::size_t at = 0; at < body.size(); at += piece) reader->feed(body.substr(at, piece));
  reader->finish();
  EXPECT_EQ(reader->head()->baton, "B2");
  EXPECT_EQ(reader->head()->base_url, std::nullopt);
  return trace.text();
}

TEST(CursorReaderTest, GivesTheSameEventsForPiecesOfAnySize) {
  for (std::size_t piece = 1; piece <= kBody.size(); ++piece) {
    EXPECT_EQ(read(Encoding::json, kBody, piece), kEvents) << piece;
  }
}

TEST(CursorReaderTest, AcceptsABodyWithoutLastEntryAndWithoutLastNewline) {
  const std::string_view entries = kBody.substr(0, kBody.find("\n{\"type\":\"replication"));
  EXPECT_EQ(read(Encoding::json, entries, 7), kEvents.substr(0, kEvents.find("index 43")));
}

TEST(CursorReaderTest, ReadsTheProtobufThatTheWriterMakes) {
  const auto writer = make_server_codec(Encoding::protobuf)->write_cursor({"B2", {}});
  const std::string text(300, 'x');
  const Column column{"a", "TEXT"};
  const ValueView value(text);
  writer->step_begin(1, {&column, 1});
  EXPECT_TRUE(writer->row({&value, 1}));
  writer->step_end({3, -4, {}, 0, 0, 0});
  writer->step_error(4, {"m", "C", {}});
  writer->error({"whole", "D", {}});
  const std::string body = writer->take();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{129}, body.size()}) {
    EXPECT_EQ(read(Encoding::protobuf, body, piece),
              "step 1: a:TEXT\nrow '" + text +
                  "'\nstep_end affected 3 rowid -4\nstep_error 4 C - m\nerror D - whole\n");
  }
}

TEST(CursorReaderTest, PassesOverAnEmptyEntryThatEndsACursorOfSqldInProtobuf) {
  const auto writer = make_server_codec(Encoding::protobuf)->write_cursor({"B2", {}});
  EXPECT_EQ(read(Encoding::protobuf, writer->take() + std::string(1, '\0'), 1), "");
}

std::string error_of(Encoding encoding, std::string_view body) {
  HranaTrace trace;
  const auto reader = make_client_codec(encoding, {1000, 100, 1000})->read_cursor(trace);
  try {
    reader->feed(body);
    reader->finish();
  } catch (const Malformed& malformed) {
    return std::string(to_string(malformed.fault())) + ": " + malformed.what();
  }
  return "no error";
}

TEST(CursorReaderTest, NamesWhereABodyWasCutOff) {
  EXPECT_EQ(error_of(Encoding::json, ""), "truncated: cursor: the body ended before its head");
  EXPECT_EQ(error_of(Encoding::json, "{}\n{\"type\":\"step_begin\",\"step\":0,\"cols\":[]}\n"),
            "truncated: cursor: the body ended inside a step");
  EXPECT_EQ(error_of(Encoding::json, "{}\n{\"type\":\"step_begin\",\"st"),
            "not_json: A string is opened, but never closed.");
  EXPECT_EQ(error_of(Encoding::protobuf, std::string_view("\0\x05\x0a", 3)),
            "truncated: cursor: the body ended inside an entry");
}

TEST(CursorReaderTest, BoundsOneEntryButNotTheBody) {
  EXPECT_EQ(error_of(Encoding::json, "{}\n{\"x\":\"" + std::string(1000, 'x') + "\"}\n"),
            "too_large: the message is larger than allowed");
  std::string many = "{}\n";
  for (int i = 0; i < 1000; ++i) many += "{\"type\":\"unknown\"}\n";
  EXPECT_EQ(error_of(Encoding::json, many), "no error");
}

}  // namespace
}  // namespace libsql::hrana
