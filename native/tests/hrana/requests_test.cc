// Requests on the wire, in both encodings: the worked exchanges of the specification, and peers'
// habits.
#include <string>

#include <gtest/gtest.h>

#include "hrana/codec.h"
#include "hrana/malformed.h"
#include "testing/hex.h"
#include "testing/matchers.h"

namespace libsql::hrana {
namespace {

using libsql::testing::throws_error;

template <typename Message>
std::string encode(Encoding encoding, const Message& message) {
  std::string out;
  make_client_codec(encoding)->encode(message, out);
  return out;
}

template <typename Message>
std::string hex(const Message& message) {
  const std::string bytes = encode(Encoding::protobuf, message);
  return libsql::testing::to_hex(
      {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

Stmt stmt(std::string_view sql) {
  Stmt result;
  result.sql = sql;
  return result;
}

TEST(RequestsTest, EncodeAQueryOfOneRoundTrip) {
  Stmt query = stmt("SELECT id, x FROM t WHERE id = ?");
  query.args = {ValueView(7)};
  const PipelineRequest request{{}, {Execute{query}, CloseStream{}}};
  EXPECT_EQ(
      encode(Encoding::json, request),
      R"({"baton":null,"requests":[{"type":"execute","stmt":{"sql":"SELECT id, x FROM t WHERE id = ?","args":[{"type":"integer","value":"7"}]}},{"type":"close"}]})");
  EXPECT_EQ(hex(PipelineRequest{{}, {Execute{stmt("select 1")}, CloseStream{}}}),
            "120e120c0a0a0a0873656c65637420311202"
            "0a00");
}

TEST(RequestsTest, EncodeTheFirstRoundOfATransaction) {
  Stmt begin = stmt("BEGIN IMMEDIATE");
  begin.want_rows = false;
  Stmt insert = stmt("INSERT INTO t(x) VALUES (:v)");
  insert.named_args = {{":v", ValueView("a")}};
  const Condition guard =
      Condition::all({Condition::ok(0), Condition::negation(Condition::is_autocommit())});
  const PipelineRequest request{
      "B1", {RunBatch{{{{std::nullopt, begin}, {guard, insert}}, std::nullopt}}, GetAutocommit{}}};
  EXPECT_EQ(
      encode(Encoding::json, request),
      R"({"baton":"B1","requests":[{"type":"batch","batch":{"steps":[)"
      R"({"stmt":{"sql":"BEGIN IMMEDIATE","want_rows":false}},)"
      R"({"condition":{"type":"and","conds":[{"type":"ok","step":0},{"type":"not","cond":{"type":"is_autocommit"}}]},)"
      R"x("stmt":{"sql":"INSERT INTO t(x) VALUES (:v)","named_args":[{"name":":v","value":{"type":"text","value":"a"}}]}}]}},)x"
      R"({"type":"get_autocommit"}]})");
}

TEST(RequestsTest, EncodeABurstOverAWebSocket) {
  const auto send = [](std::int32_t id, Request request) {
    return encode(Encoding::json, ClientMessage(SocketRequest{id, 0, std::move(request)}));
  };
  EXPECT_EQ(encode(Encoding::json, ClientMessage(Hello{})), R"({"type":"hello","jwt":null})");
  EXPECT_EQ(send(0, OpenStream{}),
            R"({"type":"request","request_id":0,"request":{"type":"open_stream","stream_id":0}})");
  EXPECT_EQ(
      send(1, Execute{stmt("SELECT 1")}),
      R"({"type":"request","request_id":1,"request":{"type":"execute","stream_id":0,"stmt":{"sql":"SELECT 1"}}})");
  EXPECT_EQ(send(2, CloseStream{}),
            R"({"type":"request","request_id":2,"request":{"type":"close_stream","stream_id":0}})");
  EXPECT_EQ(
      send(3, FetchCursor{-1, 1000}),
      R"({"type":"request","request_id":3,"request":{"type":"fetch_cursor","cursor_id":-1,"max_count":1000}})");
}

TEST(RequestsTest, EncodeValuesWithoutLoss) {
  Stmt query = stmt("?");
  query.args = {ValueView(),
                ValueView(std::numeric_limits<std::int64_t>::min()),
                ValueView(-0.0),
                ValueView(std::string_view("\0/", 2)),
                ValueView::blob("\xDE\xAD\xBE\xEF"),
                ValueView(std::numeric_limits<double>::quiet_NaN())};
  EXPECT_EQ(
      encode(Encoding::json, PipelineRequest{{}, {Execute{query}}}),
      R"({"baton":null,"requests":[{"type":"execute","stmt":{"sql":"?","args":[{"type":"null"},)"
      R"({"type":"integer","value":"-9223372036854775808"},{"type":"float","value":-0.0},)"
      R"({"type":"text","value":"\u0000/"},{"type":"blob","base64":"3q2+7w"},{"type":"null"}]}}]})");
  query.args = {ValueView(), ValueView(-1)};
  EXPECT_EQ(hex(CursorRequest{{}, {{{{}, query}}, {}}}), "120f0a0d120b0a013f1a020a001a021001");
}

TEST(RequestsTest, PutTheReplicationIndexBesideTheStatementOnAWebSocket) {
  Stmt query = stmt("S");
  query.replication_index = 9;
  EXPECT_EQ(
      encode(Encoding::json, ClientMessage(SocketRequest{1, 2, Execute{query}})),
      R"({"type":"request","request_id":1,"request":{"type":"execute","stream_id":2,"stmt":{"sql":"S"},"replication_index":"9"}})");
  EXPECT_EQ(
      encode(Encoding::json, PipelineRequest{{}, {Execute{query}}}),
      R"({"baton":null,"requests":[{"type":"execute","stmt":{"sql":"S","replication_index":"9"}}]})");
}

TEST(RequestsTest, RefuseToEncodeWhatCannotBeSentAndAppendNothing) {
  for (const Encoding encoding : {Encoding::json, Encoding::protobuf}) {
    const auto codec = make_client_codec(encoding);
    std::string out = "before";
    const auto fails = [&](Request request, const char* message) {
      EXPECT_THAT(([&] {
                    codec->encode(PipelineRequest{{}, {std::move(request)}}, out);
                  }),
                  throws_error(ErrorKind::invalid_argument, message));
      EXPECT_EQ(out, "before");
    };
    fails(Execute{stmt("\xFF")}, "the SQL text is not UTF-8");
    Stmt text = stmt("?");
    text.args = {ValueView("\xC3")};
    fails(Execute{text}, "a text that is not UTF-8 cannot be sent; cast it to BLOB");
    fails(OpenStream{}, "HTTP has no request open_stream");
  }
  Stmt infinite = stmt("?");
  infinite.args = {ValueView(std::numeric_limits<double>::infinity())};
  std::string out;
  EXPECT_THAT(
      ([&] {
        make_client_codec(Encoding::json)->encode(PipelineRequest{{}, {Execute{infinite}}}, out);
      }),
      throws_error(ErrorKind::invalid_argument, "an infinite number cannot be sent in JSON"));
}

// Decodes a pipeline and encodes it again.
std::string again(std::string body) {
  const auto codec = make_server_codec(Encoding::json);
  return encode(Encoding::json, codec->decode_pipeline(body));
}

TEST(RequestsTest, DecodeWhatPeersSend) {
  // The native client: explicit nulls.
  EXPECT_EQ(
      again(
          R"({"baton":null,"requests":[{"type":"execute","stmt":{"sql":"S","sql_id":null,"args":[],"named_args":[],"want_rows":true,"replication_index":null}}]})"),
      R"({"baton":null,"requests":[{"type":"execute","stmt":{"sql":"S"}}]})");
  // Members in another order, unknown ones, white space, no baton, padded base64, a condition of
  // null.
  EXPECT_EQ(
      again(
          R"( {"requests": [{"batch": {"steps": [{"x": [{}], "stmt": {"args": [{"base64": "3q0=", "type": "blob"},
                      {"value": "7", "type": "integer"}], "want_rows": null, "sql_id": -1}, "condition": null}]}, "type": "batch"}], "y": {"z": null}} )"),
      R"({"baton":null,"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql_id":-1,"args":[{"type":"blob","base64":"3q0"},{"type":"integer","value":"7"}]}}]}}]})");
  // Escapes, also in base64.
  EXPECT_EQ(
      again(
          R"({"baton":"a\/b","requests":[{"type":"store_sql","sql_id":1,"sql":"\u00e9\ud83d\ude00\n"},)"
          R"({"type":"execute","stmt":{"sql":"S","args":[{"type":"blob","base64":"\/\/8"}]}}]})"),
      "{\"baton\":\"a/"
      "b\",\"requests\":[{\"type\":\"store_sql\",\"sql_id\":1,\"sql\":\"é\U0001F600\\n\"},"
      R"({"type":"execute","stmt":{"sql":"S","args":[{"type":"blob","base64":"//8"}]}}]})");
  // A position as string or number.
  EXPECT_EQ(
      again(
          R"({"requests":[{"type":"sequence","sql":"S","replication_index":5},{"sql_id":3,"replication_index":"18446744073709551615","type":"describe"}]})"),
      R"({"baton":null,"requests":[{"type":"sequence","sql":"S","replication_index":"5"},{"type":"describe","sql_id":3,"replication_index":"18446744073709551615"}]})");
}

TEST(RequestsTest, DecodeAHelloWithAndWithoutToken) {
  const auto codec = make_server_codec(Encoding::json);
  std::string with = R"({"jwt":"t","type":"hello"})";
  std::string without = R"({"type":"hello"})";
  EXPECT_EQ(std::get<Hello>(codec->decode_message(with)).jwt, "t");
  EXPECT_EQ(std::get<Hello>(codec->decode_message(without)).jwt, std::nullopt);
}

TEST(RequestsTest, DecodedTextsAreViewsOfTheBody) {
  for (const Encoding encoding : {Encoding::json, Encoding::protobuf}) {
    Stmt query = stmt("SELECT ?");
    query.args = {ValueView("plain"), ValueView::blob("bytes")};
    std::string body = encode(encoding, PipelineRequest{{}, {Execute{query}}});
    const auto codec = make_server_codec(encoding);
    const PipelineRequest request = codec->decode_pipeline(body);
    const auto inside = [&](std::string_view view) {
      return view.data() >= body.data() && view.data() + view.size() <= body.data() + body.size();
    };
    const Stmt& read = std::get<Execute>(request.requests.at(0)).stmt;
    EXPECT_TRUE(inside(std::get<std::string_view>(read.sql)));
    EXPECT_TRUE(inside(read.args.at(0).bytes()));
    EXPECT_TRUE(inside(read.args.at(1).bytes()));
    EXPECT_EQ(read.args.at(1).bytes(), "bytes");
  }
}

}  // namespace
}  // namespace libsql::hrana
