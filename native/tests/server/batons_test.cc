// Batons: what is written is read, and nothing else.
#include "server/batons.h"

#include <gmock/gmock.h>

namespace libsql::server {
namespace {

TEST(BatonsTest, ReadsWhatItHasWritten) {
  const Batons batons;
  const std::string text = batons.write({7, 12});
  EXPECT_EQ(text.size(), 64U);
  EXPECT_EQ(batons.read(text)->stream, 7U);
  EXPECT_EQ(batons.read(text)->request, 12U);
}

TEST(BatonsTest, RefusesEveryBatonWithOneCharacterChanged) {
  const Batons batons;
  const std::string text = batons.write({7, 12});
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(batons.read(changed).has_value()) << i;
  }
}

TEST(BatonsTest, RefusesThoseOfAnotherProcess) {
  const Batons batons;
  const Batons others;
  EXPECT_FALSE(batons.read(others.write({1, 1})).has_value());
}

}  // namespace
}  // namespace libsql::server
