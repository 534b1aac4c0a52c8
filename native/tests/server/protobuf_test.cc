// The endpoints in Protobuf, with the client's half of the codec.
#include "hrana/codec.h"
#include "server_test.h"
#include "testing/hrana_trace.h"

namespace libsql {
namespace {

using ::testing::HasSubstr;
using testing::HranaTrace;
using testing::RawAnswer;
using testing::RawClient;
using testing::RawSocket;

class ProtobufTest : public testing::ServerTest {
 protected:
  [[nodiscard]] static hrana::Stmt stmt(std::string_view sql) {
    hrana::Stmt stmt;
    stmt.sql = sql;
    return stmt;
  }
  std::unique_ptr<hrana::ClientCodec> codec_ = hrana::make_client_codec(hrana::Encoding::protobuf);
};

TEST_F(ProtobufTest, AnswersAPipeline) {
  hrana::PipelineRequest request;
  request.requests = {hrana::Execute{stmt("SELECT -1 AS a, x'00ff'")}, hrana::GetAutocommit(),
                      hrana::CloseStream()};
  std::string body;
  codec_->encode(request, body);
  RawAnswer answer = connect().post("/v3-protobuf/pipeline", body);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/x-protobuf");
  HranaTrace trace;
  const auto head = codec_->decode_pipeline(answer.body, request.requests, trace);
  EXPECT_FALSE(head.baton.has_value());
  EXPECT_THAT(trace.text(), HasSubstr("step 0: a:- x'00ff':-\nrow -1 X'00ff'\n"));
  EXPECT_THAT(trace.text(), HasSubstr("autocommit\nend\n"));
}

TEST_F(ProtobufTest, AnswersTheBytesOfTheSpecification) {
  const std::string bytes("\x12\x0e\x12\x0c\x0a\x0a\x0a\x08select 1\x12\x02\x0a\x00", 20);
  EXPECT_EQ(connect().post("/v3-protobuf/pipeline", bytes).status, 200);
}

TEST_F(ProtobufTest, AnswersACursorWithoutAnEntryThatClientsDoNotKnow) {
  hrana::CursorRequest request;
  request.batch.steps.push_back({std::nullopt, stmt("VALUES (1), (2)")});
  std::string body;
  codec_->encode(request, body);
  const RawAnswer answer = connect().post("/v3-protobuf/cursor", body);
  EXPECT_EQ(answer.content_type, "application/octet-stream");
  HranaTrace trace;
  const auto reader = codec_->read_cursor(trace);
  reader->feed(answer.body);
  reader->finish();
  EXPECT_TRUE(reader->head()->baton.has_value());
  EXPECT_EQ(trace.text(), "step 0: column1:-\nrow 1\nrow 2\nstep_end affected 0\n");
}

TEST_F(ProtobufTest, ErrorsAreInTheSameEncoding) {
  const RawAnswer answer = connect().post("/v3-protobuf/pipeline", "\xff\xff");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.content_type, "application/x-protobuf");
  EXPECT_THAT(answer.body, HasSubstr("MALFORMED_REQUEST"));
}

TEST_F(ProtobufTest, AnswersOverAWebSocketInBinaryMessages) {
  RawSocket socket(server().port(), "hrana3-protobuf");
  const auto send = [&](const hrana::ClientMessage& message) {
    std::string bytes;
    codec_->encode(message, bytes);
    socket.send(bytes, false);
    return socket.receive();
  };
  EXPECT_EQ(send(hrana::Hello()), std::string("\x0a\x00", 2));
  EXPECT_NE(send(hrana::SocketRequest{0, 0, hrana::OpenStream()}), "");
  EXPECT_THAT(send(hrana::SocketRequest{1, 0, hrana::Execute{stmt("SELECT 'text'")}}),
              HasSubstr("text"));
}

}  // namespace
}  // namespace libsql
