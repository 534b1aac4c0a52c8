#include "remote/event_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hrana/malformed.h"
#include "hrana/table_changes.h"

namespace libsql::remote {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

auto event(const char* name, const char* data) {
  return ::testing::AllOf(Field(&ServerEvent::name, name), Field(&ServerEvent::data, data));
}

std::vector<ServerEvent> events_of(std::string_view bytes, std::size_t piece) {
  EventStream stream;
  std::vector<ServerEvent> events;
  for (std::size_t i = 0; i < bytes.size(); i += piece) {
    EXPECT_TRUE(stream.read(bytes.substr(i, piece), events));
  }
  return events;
}

TEST(EventStreamTest, EventsAreTheSameHoweverTheirBytesArrive) {
  constexpr std::string_view kBytes =
      ": keep-alive\n\nevent: changes\r\ndata: {\"insert\":1}\r\n\r\nevent:error\ndata:a\ndata: "
      "b\nid: 7\n\n";
  for (std::size_t piece = 1; piece <= kBytes.size(); ++piece) {
    EXPECT_THAT(events_of(kBytes, piece),
                ElementsAre(event("changes", "{\"insert\":1}"), event("error", "a\nb")))
        << piece;
  }
}

TEST(EventStreamTest, AnEventWithoutDataOrWithoutItsEndIsNone) {
  EXPECT_THAT(events_of("event: changes\n\nevent: changes\ndata: {}\n", 100), IsEmpty());
}

TEST(EventStreamTest, AnEndlessLineIsRefusedBeforeItFillsTheMemory) {
  EventStream stream;
  std::vector<ServerEvent> events;
  const std::string piece(EventStream::kMaxBytes, 'x');
  EXPECT_TRUE(stream.read(piece, events));
  EXPECT_FALSE(stream.read("x", events));
}

TEST(EventStreamTest, EndlessDataIsRefusedBeforeItFillsTheMemory) {
  EventStream stream;
  std::vector<ServerEvent> events;
  const std::string line = "data: " + std::string(EventStream::kMaxBytes / 2, 'x') + '\n';
  EXPECT_TRUE(stream.read(line, events));
  EXPECT_FALSE(stream.read(line + line, events));
}

TEST(TableChangesTest, WhatIsMissingIsZeroAndWhatIsUnknownIgnored) {
  const auto changes = hrana::decode_table_changes(R"({"delete":3,"unknown":9,"insert":1})");
  EXPECT_EQ(changes.inserted, 1U);
  EXPECT_EQ(changes.updated, 0U);
  EXPECT_EQ(changes.deleted, 3U);
}

TEST(TableChangesTest, WhatIsNoObjectOfNumbersIsMalformed) {
  for (const char* const text : {"", "[]", "{", R"({"insert":"x"})", R"({"insert":-1})"}) {
    EXPECT_THROW(static_cast<void>(hrana::decode_table_changes(text)), hrana::Malformed) << text;
  }
}

}  // namespace
}  // namespace libsql::remote
