#include "hrana/frames.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hrana/malformed.h"

namespace libsql::hrana {
namespace {

// All frames of `body`, given in pieces of `size` bytes.
std::vector<std::string> cut(Framing framing, std::string_view body, std::size_t size) {
  Frames frames(framing, 1000, 64);
  std::vector<std::string> result;
  const auto drain = [&](auto&& next) {
    while (const auto frame = next()) result.emplace_back(frame->data(), frame->size());
  };
  for (std::size_t at = 0; at < body.size(); at += size) {
    frames.add(body.substr(at, size));
    drain([&] { return frames.next(); });
  }
  drain([&] { return frames.last(); });
  if (frames.partial()) result.emplace_back("(partial)");
  return result;
}

TEST(FramesTest, CutsLinesWhereverTheBytesAreSplit) {
  for (const std::size_t size : {1U, 2U, 3U, 5U, 100U}) {
    EXPECT_EQ(cut(Framing::lines, "one\n\ntwo\r\n \nlast", size),
              (std::vector<std::string>{"one", "two\r", "last"}));
  }
}

TEST(FramesTest, CutsMessagesWhereverTheBytesAreSplit) {
  const std::string large(300, 'x');
  const std::string body = std::string("\x03one\x00", 5) + "\xAC\x02" + large;
  for (const std::size_t size : {1U, 2U, 3U, 5U, 1000U}) {
    EXPECT_EQ(cut(Framing::length, body, size), (std::vector<std::string>{"one", "", large}));
    EXPECT_EQ(cut(Framing::length, body + "\x05half", size).back(), "(partial)");
  }
}

Fault fault_of(Framing framing, std::string_view body) {
  try {
    static_cast<void>(cut(framing, body, body.size()));
  } catch (const Malformed& malformed) {
    return malformed.fault();
  }
  ADD_FAILURE() << "no error";
  return Fault::missing;
}

TEST(FramesTest, RefusesAFrameThatIsTooLargeBeforeItHasArrived) {
  EXPECT_EQ(fault_of(Framing::lines, std::string(1001, 'x')), Fault::too_large);
  EXPECT_EQ(fault_of(Framing::length, "\xE9\x07"), Fault::too_large);
}

TEST(FramesTest, RefusesALengthThatIsNoVarint) {
  EXPECT_EQ(fault_of(Framing::length, std::string(10, '\x80')), Fault::not_protobuf);
}

}  // namespace
}  // namespace libsql::hrana
