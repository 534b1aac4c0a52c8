// Requests and answers of /pull-updates.
#include "replica/page_updates.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <protozero/pbf_writer.hpp>

namespace libsql::replica {
namespace {

using hrana::Malformed;
using ::testing::ElementsAre;
using ::testing::Pair;

std::string prefixed(const std::string& message) {
  std::string body;
  std::size_t length = message.size();
  for (; length > 127; length >>= 7U) body += static_cast<char>(length | 0x80U);
  body += static_cast<char>(length);
  return body + message;
}

std::string header(std::uint64_t pages, std::uint64_t apply_mode = 0) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_bytes(1, std::string("rev\0ision", 9));
  writer.add_uint64(2, pages);
  writer.add_message(3, std::string());
  if (apply_mode != 0) writer.add_uint64(6, apply_mode);
  return message;
}

std::string page(std::uint64_t id, const std::string& image) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_uint64(1, id);
  writer.add_bytes(2, image);
  return message;
}

struct Answer {
  UpdatesHeader header;
  std::vector<std::pair<PageNumber, char>> pages;
};

Answer read(std::string_view body, std::size_t size = 1'000'000) {
  Answer answer;
  UpdatesReader reader;
  const UpdatesReader::Sink sink{[&](const UpdatesHeader& header) { answer.header = header; },
                                 [&](PageNumber number, ConstBytes image) {
                                   answer.pages.emplace_back(number, image.back());
                                 }};
  for (std::size_t at = 0; at < body.size(); at += size) reader.feed(body.substr(at, size), sink);
  reader.finish();
  return answer;
}

TEST(PageUpdatesTest, TheRequestIsThatOfTheRealClient) {
  EXPECT_EQ(encode({}), "") << "defaults are a body of no bytes";
  EXPECT_EQ(encode({"3", 0}), "\x1a\x01\x33");
  EXPECT_EQ(encode({"3", 1000}), "\x1a\x01\x33\x20\xe8\x07");
}

TEST(PageUpdatesTest, AnswersAreReadInPiecesOfAnySize) {
  const std::string body = prefixed(header(9, 1)) + prefixed(page(0, std::string(kPageSize, 'a'))) +
                           prefixed(page(8, std::string(kPageSize, 'b')));
  for (const std::size_t size : {1U, 100U, 4096U, 100'000U}) {
    const Answer answer = read(body, size);
    EXPECT_EQ(answer.header.revision, std::string("rev\0ision", 9));
    EXPECT_EQ(answer.header.pages, 9U);
    EXPECT_TRUE(answer.header.replaces);
    EXPECT_THAT(answer.pages, ElementsAre(Pair(1, 'a'), Pair(9, 'b'))) << "pieces of " << size;
  }
}

TEST(PageUpdatesTest, NothingNewIsAHeaderAlone) {
  const Answer answer = read(prefixed(header(9)));
  EXPECT_FALSE(answer.header.replaces);
  EXPECT_TRUE(answer.pages.empty());
}

TEST(PageUpdatesTest, WhatIsNoAnswerIsRefused) {
  EXPECT_THROW(read(""), Malformed) << "no header";
  EXPECT_THROW(read(prefixed(header(9)).substr(0, 5)), Malformed) << "truncated";
  EXPECT_THROW(read(prefixed(page(1, "x"))), Malformed) << "a page first";
  EXPECT_THROW(read(prefixed(header(9)) + prefixed(page(1, "x"))), Malformed) << "a short page";
  EXPECT_THROW(read(prefixed(header(9)) + prefixed(page(0xFFFFFFFE, std::string(kPageSize, 'a')))),
               Malformed)
      << "a number that SQLite does not have";
  EXPECT_THROW(read(prefixed(header(0x1'0000'0000))), Malformed) << "a size that SQLite has not";
  std::string compressed;
  protozero::pbf_writer(compressed).add_message(4, std::string());
  EXPECT_THROW(read(prefixed(compressed)), Malformed) << "compressed";
  EXPECT_THROW(read(std::string("\xff\xff\xff\x7f", 4)), Malformed) << "too long";
}

}  // namespace
}  // namespace libsql::replica
