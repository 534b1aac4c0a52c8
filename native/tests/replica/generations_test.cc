// Answers of the V2 protocol.
#include "replica/generations.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace libsql::replica {
namespace {

using hrana::Malformed;
using ::testing::ElementsAre;
using ::testing::Pair;

std::string frame(char page, char size_after, char content) {
  return std::string("\0\0\0", 3) + page + std::string("\0\0\0", 3) + size_after +
         std::string(16, 's') + std::string(kPageSize, content);
}

TEST(GenerationsTest, FramesAreReadInPiecesOfAnySize) {
  const std::string body = frame(3, 0, 'a') + frame(1, 7, 'b');
  for (const std::size_t size : {1U, 24U, 4120U, 5000U, 100'000U}) {
    GenerationFramesReader reader;
    std::vector<std::pair<PageNumber, std::uint32_t>> found;
    std::string content;
    for (std::size_t at = 0; at < body.size(); at += size) {
      reader.feed(std::string_view(body).substr(at, size), [&](const GenerationFrame& frame) {
        found.emplace_back(frame.page, frame.size_after);
        EXPECT_EQ(frame.image.size(), kPageSize);
        content += static_cast<char>(frame.image.back());
      });
    }
    EXPECT_NO_THROW(reader.finish());
    EXPECT_THAT(found, ElementsAre(Pair(3, 0), Pair(1, 7))) << "pieces of " << size;
    EXPECT_EQ(content, "ab");
  }
}

TEST(GenerationsTest, ABodyThatEndsInsideAFrameIsAnError) {
  GenerationFramesReader reader;
  reader.feed(frame(1, 1, 'a').substr(1), [](const GenerationFrame& /*frame*/) { FAIL(); });
  EXPECT_THROW(reader.finish(), Malformed);
}

TEST(GenerationsTest, TheGenerationIsReadFromJson) {
  EXPECT_EQ(read_current_generation(R"({"current_generation": 3, "more": [1]})"), 3U);
  EXPECT_THROW(static_cast<void>(read_current_generation(R"({"generation": 3})")), Malformed);
  EXPECT_THROW(static_cast<void>(read_current_generation(R"({"current_generation": "v1"})")),
               Malformed);
  EXPECT_THROW(static_cast<void>(read_current_generation(R"({"current_generation": 0})")),
               Malformed);
}

TEST(GenerationsTest, TheStatusIsReadFromJsonAndMayLackTheNumberOfFrames) {
  const GenerationStatus status =
      read_generation_status(R"({"status":"ok","generation":4,"max_frame_no":7,"baton":null})");
  EXPECT_EQ(status.generation, 4U);
  EXPECT_EQ(status.frames, 7U);
  EXPECT_EQ(read_generation_status(R"({"generation":4})").frames, std::nullopt);
  EXPECT_THROW(static_cast<void>(read_generation_status("Internal Server Error")), Malformed);
}

}  // namespace
}  // namespace libsql::replica
