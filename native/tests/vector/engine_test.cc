// Random arguments, answered by libSQL itself (npm's package `libsql`) and by ours. To run it:
// `npm install libsql` in a folder of your own, and NODE_PATH=FOLDER/node_modules in the
// environment.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libsql/database.h"
#include "testing/query.h"
#include "testing/temporary_directory.h"

namespace libsql {
namespace {

// Reads expressions, one a line; prints what each is, or '!' and the error.
constexpr const char* kProgram = R"(
const Database = require('libsql');
const db = new Database(':memory:');
const lines = require('fs').readFileSync(process.argv[2], 'utf8').split('\n').filter(x => x);
for (const line of lines) {
  try { console.log(db.prepare('SELECT CAST(' + line + ' AS TEXT) AS r').get().r); }
  catch (error) { console.log('!' + error.message); }
}
)";

bool has_engine() { return std::system("node -e \"require('libsql')\" >/dev/null 2>&1") == 0; }

std::vector<std::string> answers_of_engine(const std::vector<std::string>& expressions) {
  const testing::TemporaryDirectory directory;
  std::ofstream(directory.path("program.js")) << kProgram;
  {
    std::ofstream input(directory.path("input"));
    for (const std::string& each : expressions) input << each << '\n';
  }
  const std::string command = "node " + directory.path("program.js") + " " +
                              directory.path("input") + " >" + directory.path("output");
  if (std::system(command.c_str()) != 0) return {};
  std::vector<std::string> answers;
  std::ifstream output(directory.path("output"));
  for (std::string line; std::getline(output, line);) answers.push_back(line);
  return answers;
}

std::string answer_of_ours(Connection& db, const std::string& expression) {
  try {
    Statement statement = db.prepare("SELECT CAST(" + expression + " AS TEXT)");
    static_cast<void>(statement.step());
    const ValueView value = statement.row()[0];
    return value.is_null() ? "null" : std::string(value.bytes());
  } catch (const Error& error) {
    return "!" + error.message();
  }
}

class VectorEngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_engine()) {
      GTEST_SKIP()
          << "no libSQL to compare with: node or its package `libsql` (NODE_PATH) is missing";
    }
  }

  std::string pick(const std::vector<std::string>& from) { return from[number(from.size())]; }
  std::size_t number(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }

  // A number as text: of ordinary size, of any exponent, or one with a short text.
  std::string component() {
    char text[40];
    switch (number(4)) {
      case 0:
        std::snprintf(text, sizeof text, "%d", static_cast<int>(number(2000)) - 1000);
        break;
      case 1:
        std::snprintf(text, sizeof text, "%.6g", normal_(random_) * 1e-6);
        break;
      default:
        std::snprintf(text, sizeof text, "%.9g", normal_(random_));
    }
    return text;
  }
  std::string vector_text(std::size_t dimensions) {
    std::string text;
    for (std::size_t i = 0; i < dimensions; ++i) text += (i > 0 ? "," : "") + component();
    return "'[" + text + "]'";
  }
  // Components of one scale: where they are not, the order of the sums shows.
  std::string normal_vector_text(std::size_t dimensions) {
    std::string text;
    for (std::size_t i = 0; i < dimensions; ++i) {
      text += (i > 0 ? "," : "") + std::to_string(normal_(random_));
    }
    return "'[" + text + "]'";
  }
  // A text that is a vector, or nearly.
  std::string odd_text() {
    std::string text;
    for (std::size_t i = number(12); i > 0; --i) {
      text +=
          pick({"[", "]", ",", " ", "1", "2.5", "-", "+", "e", ".", "nan", "[1,2", ",3]", "1e3"});
    }
    return "'" + text + "'";
  }
  std::string odd_blob() {
    constexpr const char* kDigits = "0123456789ABCDEF";
    std::string text;
    for (std::size_t i = 2 * number(20); i > 0; --i) text += kDigits[number(16)];
    // Types 1 to 7, without the eight-bit type: its padding is not initialised by libSQL.
    if (number(2) == 0) text += pick({"01", "02", "03", "05", "06", "07"});
    return "x'" + text + "'";
  }

  const std::vector<std::string> constructors_ = {"vector",    "vector32", "vector64",  "vector16",
                                                  "vectorb16", "vector8",  "vector1bit"};
  std::mt19937 random_{2026};
  std::normal_distribution<double> normal_;
};

// libSQL's defects, which ours answer with an error.
bool is_defect(const std::string& theirs, const std::string& ours) {
  return theirs == "!out of memory" || ours.starts_with("!vector: unexpected data part size");
}

TEST_F(VectorEngineTest, ConversionsAreTheSameToTheLastBit) {
  std::vector<std::string> expressions;
  for (int i = 0; i < 3000; ++i) {
    std::string value = vector_text(4 * number(6));  // No padding in the eight-bit type.
    for (std::size_t n = 1 + number(3); n > 0; --n) value = pick(constructors_) + "(" + value + ")";
    expressions.push_back("hex(" + value + ")");
    expressions.push_back("vector_extract(" + value + ")");
  }
  const std::vector<std::string> theirs = answers_of_engine(expressions);
  ASSERT_EQ(theirs.size(), expressions.size());
  Connection db = Database(":memory:").connect();
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    EXPECT_EQ(answer_of_ours(db, expressions[i]), theirs[i]) << expressions[i];
  }
}

TEST_F(VectorEngineTest, TextsAndBlobsThatAreNoVectorsFailWithTheSameError) {
  std::vector<std::string> expressions;
  for (int i = 0; i < 4000; ++i) {
    const std::string value = number(2) == 0 ? odd_text() : odd_blob();
    switch (number(3)) {
      case 0:
        expressions.push_back("vector_extract(" + value + ")");
        break;
      case 1:
        expressions.push_back("hex(" + pick({"vector", "vector64", "vectorb16"}) + "(" + value +
                              "))");
        break;
      default:
        expressions.push_back("vector_distance_l2(" + value + ", " + vector_text(number(3)) +
                              ") IS NULL");
    }
  }
  const std::vector<std::string> theirs = answers_of_engine(expressions);
  ASSERT_EQ(theirs.size(), expressions.size());
  Connection db = Database(":memory:").connect();
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    const std::string ours = answer_of_ours(db, expressions[i]);
    if (!is_defect(theirs[i], ours)) {
      EXPECT_EQ(ours, theirs[i]) << expressions[i];
    }
  }
}

TEST_F(VectorEngineTest, DistancesAgreeWithinTheTolerance) {
  std::vector<std::string> expressions;
  for (int i = 0; i < 1500; ++i) {
    const std::string type = pick(constructors_);
    const std::size_t n = i < 1000 ? number(40) : 384;
    const std::string distance =
        type == "vector1bit" ? "cos" : pick({std::string("cos"), std::string("l2")});
    expressions.push_back("vector_distance_" + distance + "(" + type + "(" + normal_vector_text(n) +
                          "), " + type + "(" + normal_vector_text(n) + "))");
  }
  const std::vector<std::string> theirs = answers_of_engine(expressions);
  ASSERT_EQ(theirs.size(), expressions.size());
  Connection db = Database(":memory:").connect();
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    const std::string ours = answer_of_ours(db, expressions[i]);
    ASSERT_EQ(ours == "null", theirs[i] == "null") << expressions[i];
    if (ours == "null") continue;
    const double want = std::stod(theirs[i]);
    EXPECT_NEAR(std::stod(ours), want, 1e-6 * std::max(1.0, std::abs(want))) << expressions[i];
  }
}

}  // namespace
}  // namespace libsql
