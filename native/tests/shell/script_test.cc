// Cutting scripts into statements and commands, and finding places in them.
#include "shell/script.h"

#include <gtest/gtest.h>

namespace libsql::shell {
namespace {

TEST(ScriptReaderTest, CollectsLinesUntilAStatementIsComplete) {
  ScriptReader reader;
  EXPECT_FALSE(reader.add("SELECT 1,").has_value());
  EXPECT_TRUE(reader.pending());
  const auto chunk = reader.add("2; SELECT 3;");
  ASSERT_TRUE(chunk.has_value());
  EXPECT_EQ(chunk->text, "SELECT 1,\n2; SELECT 3;\n");
  EXPECT_EQ(chunk->line, 1U);
  EXPECT_FALSE(reader.pending());
}

TEST(ScriptReaderTest, KeepsTriggersAndStringsWhole) {
  ScriptReader reader;
  EXPECT_FALSE(reader.add("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;").has_value());
  EXPECT_FALSE(reader.add(".not a command;").has_value());
  EXPECT_TRUE(reader.add("END;").has_value());
  EXPECT_FALSE(reader.add("SELECT ';").has_value());
  EXPECT_TRUE(reader.add("';").has_value());
}

TEST(ScriptReaderTest, ReadsCommandsBetweenStatements) {
  ScriptReader reader;
  EXPECT_FALSE(reader.add("").has_value());
  const auto chunk = reader.add(".tables  \r");
  ASSERT_TRUE(chunk.has_value());
  EXPECT_EQ(chunk->kind, Chunk::Kind::command);
  EXPECT_EQ(chunk->text, ".tables");
  EXPECT_EQ(chunk->line, 2U);
}

TEST(ScriptReaderTest, ReturnsTheRestAtTheEnd) {
  ScriptReader reader;
  EXPECT_FALSE(reader.finish().has_value());
  EXPECT_FALSE(reader.add("SELECT 1").has_value());
  EXPECT_EQ(reader.finish().value().text, "SELECT 1\n");
}

TEST(ScriptReaderTest, DiscardsAStatementThatWasBegun) {
  ScriptReader reader;
  EXPECT_FALSE(reader.add("SELECT").has_value());
  reader.discard();
  EXPECT_FALSE(reader.pending());
}

TEST(SkipBlankTest, PassesSpacesCommentsAndSemicolons) {
  EXPECT_EQ(skip_blank(" ;-- a\n/* ; */ SELECT 1"), 15U);
  EXPECT_EQ(skip_blank("/* open"), 7U);
  EXPECT_EQ(skip_blank("-- to the end"), 13U);
  EXPECT_EQ(skip_blank("- 1"), 0U);
}

TEST(LocateTest, CountsLinesAndCharacters) {
  const auto at = locate("a\nä-b", 5, 10);
  EXPECT_EQ(at.line, 11U);
  EXPECT_EQ(at.column, 3U);
}

}  // namespace
}  // namespace libsql::shell
