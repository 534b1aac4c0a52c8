// The log of a real sqld (built from libsql's main branch of August 2026), recorded over gRPC-web:
// its messages are read, and their pages make the primary's file.
#include "replica/replication_log.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "replica/grpc_web.h"
#include "replica/replica_file.h"
#include "replica/sync_turn.h"
#include "testing/database_test.h"
#include "testing/encryption.h"
#include "testing/hex.h"

namespace libsql::replica {
namespace {

using hrana::Malformed;
using ::testing::ElementsAre;

std::string fixture(const std::string& name) {
  return testing::read_file(LIBSQL_FIXTURES "/" + name);
}

// The one message of a recorded answer.
std::string message_of(const std::string& body) {
  std::string message;
  GrpcWebReader reader;
  reader.feed(body, {[&](std::string_view bytes) { message += bytes; }, [] {}});
  reader.finish();
  EXPECT_EQ(reader.status(), (GrpcStatus{0, ""}));
  return message;
}

TEST(ReplicationLogTest, RequestsAreThoseOfTheRealClient) {
  EXPECT_EQ(grpc_request(hello_request()), std::string("\0\0\0\0\2\x08\x01", 7));
  EXPECT_EQ(grpc_request(log_offset(0)), std::string("\0\0\0\0\0", 5));
  EXPECT_EQ(log_offset(300), "\x08\xac\x02");
}

TEST(ReplicationLogTest, TheHelloOfSqldIsRead) {
  const Hello hello = read_hello(message_of(fixture("sqld_hello.bin")));
  EXPECT_EQ(hello.log_id, "4c9b0287-e32e-4db5-b9e7-a38921fc4508");
  EXPECT_EQ(hello.session_token, "e81b5a5e-82b5-ad17-512e-07310a828cef");
  EXPECT_EQ(hello.head, 6U);
}

TEST(ReplicationLogTest, TheFramesOfSqldAreReadInPiecesOfAnySize) {
  const std::string message = message_of(fixture("sqld_batch.bin"));
  for (const std::size_t size : {1U, 7U, 4096U, 100'000U}) {
    FramesReader reader;
    std::vector<std::uint64_t> numbers;
    std::vector<std::uint32_t> pages;
    std::vector<std::uint32_t> sizes;
    for (std::size_t at = 0; at < message.size(); at += size) {
      reader.feed(std::string_view(message).substr(at, size), [&](const LogFrame& frame) {
        numbers.push_back(frame.number);
        pages.push_back(frame.page);
        sizes.push_back(frame.size_after);
        EXPECT_EQ(frame.image.size(), kPageSize);
      });
    }
    EXPECT_NO_THROW(reader.finish());
    EXPECT_THAT(numbers, ElementsAre(0, 1, 2, 3, 4, 5, 6)) << "pieces of " << size;
    EXPECT_THAT(pages, ElementsAre(1, 2, 2, 1, 3, 2, 3));
    EXPECT_THAT(sizes, ElementsAre(0, 2, 2, 0, 3, 0, 3));
  }
}

class SqldLogTest : public testing::FileTest {
 protected:
  // Injects the recorded log, each transaction as a commit of its own or all as one.
  void inject(ReplicaFile& file, Reached each) const {
    const std::string message = message_of(fixture("sqld_batch.bin"));
    const auto turn = file.begin_sync(std::chrono::seconds(5));
    FramesReader reader;
    reader.feed(message, [&](const LogFrame& frame) {
      turn->add(frame.page, frame.image);
      if (frame.size_after == 0) return;
      const Reached reached = frame.number == 6 ? Reached::head : each;
      turn->end_transaction(frame.size_after, {Protocol::replication_log, "log", frame.number, ""},
                            reached);
    });
  }
  void expect_primary() const {
    Connection db = connect();
    EXPECT_EQ(testing::query(db, "SELECT * FROM t"), "1|'one'\n2|'zwei'");
    EXPECT_FALSE(db.checkpoint(CheckpointMode::truncate).busy);
    EXPECT_TRUE(testing::read_file(path()) == fixture("sqld.db")) << "other bytes than sqld's file";
  }
};

TEST_F(SqldLogTest, TheFirstCopyIsThePrimarysFile) {
  const auto file = ReplicaFile::open({path(), "http://localhost:8080", {}, {}});
  inject(*file, Reached::midway);
  expect_primary();
}

TEST_F(SqldLogTest, CommitsIntoAnOpenDatabaseGiveThePrimarysFile) {
  const auto file = ReplicaFile::open({path(), "http://localhost:8080", {}, {}});
  file->make_readable(std::chrono::seconds(5));
  inject(*file, Reached::midway);
  expect_primary();
}

TEST(ReplicationLogTest, WhatIsNoFrameIsRefused) {
  const auto read = [](const std::string& hex) {
    FramesReader reader;
    const std::vector<unsigned char> bytes = testing::from_hex(hex);
    reader.feed({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                [](const LogFrame& /*frame*/) {});
    reader.finish();
  };
  EXPECT_THROW(read("0a020a00"), Malformed) << "data without bytes";
  EXPECT_THROW(read("0a0100"), Malformed) << "not protobuf";
  EXPECT_THROW(read("1200"), Malformed) << "another field";
  EXPECT_THROW(read("0affff7f"), Malformed) << "too long";
  EXPECT_THROW(read("0a0a"), Malformed) << "truncated";
  EXPECT_THROW(read("ffffffffffffffffffff01"), Malformed) << "a tag of more than 64 bits";
  EXPECT_THROW(static_cast<void>(read_hello("")), Malformed) << "no log id";
}

}  // namespace
}  // namespace libsql::replica
