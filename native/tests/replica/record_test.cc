// Small files of names and values: what is written is read, what was changed is refused.
#include "replica/record.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace libsql::replica {
namespace {

using ::testing::Eq;
using ::testing::Optional;

constexpr std::string_view kLine = "a-record 1";

Record example() {
  Record record;
  record.set("frame", 18446744073709551615U);
  record.set("primary", std::string_view("https://db.example.org/a b\"%\n"));
  return record;
}

TEST(RecordTest, IsWrittenAsLines) {
  Record record;
  record.set("frame", 42);
  record.set("revision", std::string_view("a \"b\""));
  const std::string bytes = record.encode(kLine);
  EXPECT_THAT(bytes,
              ::testing::StartsWith("a-record 1\nframe 42\nrevision \"a%20%22b%22\"\nchecksum "));
}

TEST(RecordTest, ReadsWhatItHasWritten) {
  const auto read = Record::decode(example().encode(kLine), kLine);
  ASSERT_TRUE(read.has_value());
  EXPECT_THAT(read->number("frame"), Optional(18446744073709551615U));
  EXPECT_THAT(read->text("primary"), Optional(Eq("https://db.example.org/a b\"%\n")));
  EXPECT_EQ(read->text("frame"), std::nullopt);
  EXPECT_EQ(read->number("primary"), std::nullopt);
  EXPECT_EQ(read->number("none"), std::nullopt);
}

TEST(RecordTest, ZerosBehindTheEndAreIgnored) {
  EXPECT_TRUE(Record::decode(example().encode(kLine) + std::string(100, '\0'), kLine));
}

TEST(RecordTest, WhateverIsChangedOrMissingIsRefused) {
  const std::string bytes = example().encode(kLine);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    EXPECT_FALSE(Record::decode(changed, kLine)) << "byte " << at;
    EXPECT_FALSE(Record::decode(bytes.substr(0, at), kLine)) << "cut at " << at;
  }
  EXPECT_FALSE(Record::decode(bytes + "frame 1\n", kLine));
  EXPECT_FALSE(Record::decode(bytes, "a-record 2"));
}

RC_GTEST_PROP(RecordTest, AnyTextIsKept, (const std::string& text)) {
  Record record;
  record.set("text", std::string_view(text));
  const auto read = Record::decode(record.encode(kLine), kLine);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->text("text") == std::optional(text));
}

}  // namespace
}  // namespace libsql::replica
