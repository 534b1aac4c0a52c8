#include "hrana/subprotocol.h"

#include <string>

#include <gtest/gtest.h>

namespace libsql::hrana {
namespace {

std::string chosen(std::string_view offered) {
  const auto choice = choose_subprotocol(offered);
  return choice ? std::string(choice->name) : "none";
}

TEST(SubprotocolTest, AServerChoosesTheNewestWhateverTheOrder) {
  EXPECT_EQ(chosen("hrana2, hrana1"), "hrana2");
  EXPECT_EQ(chosen("hrana1,hrana2"), "hrana2");
  EXPECT_EQ(chosen("hrana2,\thrana3 , hrana1"), "hrana3");
  EXPECT_EQ(chosen("hrana3, hrana3-protobuf"), "hrana3-protobuf");
  EXPECT_EQ(chosen("HRANA3"), "hrana3");
}

TEST(SubprotocolTest, AServerChoosesNothingThatItDoesNotSpeak) {
  for (const char* offered : {"", ",", "hrana4", "hrana", "graphql-ws, hrana33"}) {
    EXPECT_EQ(chosen(offered), "none") << offered;
  }
}

TEST(SubprotocolTest, AClientLooksUpTheChoice) {
  EXPECT_EQ(find_subprotocol("hrana3-protobuf"),
            (Subprotocol{"hrana3-protobuf", 3, Encoding::protobuf}));
  EXPECT_EQ(find_subprotocol("hrana2"), (Subprotocol{"hrana2", 2, Encoding::json}));
  EXPECT_EQ(find_subprotocol("hrana1, hrana2"), std::nullopt);
}

}  // namespace
}  // namespace libsql::hrana
