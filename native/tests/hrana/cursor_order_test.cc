#include "hrana/cursor_order.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hrana/malformed.h"
#include "testing/hrana_trace.h"

namespace libsql::hrana {
namespace {

// Drives a cursor by letters: b0 = step_begin of step 0 with one column, r = a row, w = a row of
// two values, e = step_end, x0 = step_error of step 0, ! = error, . = replication_index, $ =
// finish.
std::string drive(const std::string& script) {
  libsql::testing::HranaTrace trace;
  CursorOrder order(trace);
  const std::vector<Column> columns(1);
  const std::vector<ValueView> values(2, ValueView(1));
  try {
    for (std::size_t i = 0; i < script.size(); ++i) {
      const auto step = [&] { return static_cast<std::uint32_t>(script[++i] - '0'); };
      switch (script[i]) {
        case 'b':
          order.step_begin(step(), columns);
          break;
        case 'r':
          static_cast<void>(order.row({values.data(), 1}));
          break;
        case 'w':
          static_cast<void>(order.row(values));
          break;
        case 'e':
          order.step_end({});
          break;
        case 'x':
          order.step_error(step(), {"no", {}, {}});
          break;
        case '!':
          order.error({"no", {}, {}});
          break;
        case '.':
          order.replication_index(7);
          break;
        case '$':
          order.finish();
          break;
        default:
          ADD_FAILURE() << script;
      }
    }
  } catch (const Malformed& malformed) {
    return malformed.what();
  }
  return "";
}

TEST(CursorOrderTest, PassesWhatAServerMaySend) {
  for (const char* script :
       {"$", "b0e$", "b0rre.$", "b0ex1b3re$", "b0rx0$", "x0x2$", "b0r!$", "!$", "b2eb5e"}) {
    EXPECT_EQ(drive(script), "") << script;
  }
}

TEST(CursorOrderTest, RefusesEntriesOutOfPlaceByName) {
  EXPECT_EQ(drive("r"), "entry: row comes outside a step");
  EXPECT_EQ(drive("e"), "entry: step_end comes outside a step");
  EXPECT_EQ(drive("b0b1"), "entry: step_begin comes inside a step");
  EXPECT_EQ(drive("b0x1"), "step: step_error is of another step than the open one");
  EXPECT_EQ(drive("b1eb1"), "step: is not after the step before it");
  EXPECT_EQ(drive("b1ex0"), "step: is not after the step before it");
  EXPECT_EQ(drive("b0."), "entry: replication_index comes inside a step");
  EXPECT_EQ(drive("b0w"), "row: has another number of values than columns");
  for (const char* script : {"!b0", "!r", "!!", ".b0", ".!", "!x0", "!."}) {
    EXPECT_EQ(drive(script), "entry: follows the last one of the cursor") << script;
  }
}

TEST(CursorOrderTest, IsTruncatedOnlyInsideAStep) {
  EXPECT_EQ(drive("b0r$"), "cursor: the body ended inside a step");
}

TEST(CursorOrderTest, DropsTheRestOfAStepWhoseRowsAreNotWanted) {
  libsql::testing::HranaTrace trace;
  trace.stop_after(1);
  CursorOrder order(trace);
  const std::vector<Column> columns(1);
  const std::vector<ValueView> values{ValueView(1)};
  order.step_begin(0, columns);
  EXPECT_FALSE(order.row(values));
  EXPECT_FALSE(order.row(values));
  order.step_end({});
  EXPECT_EQ(trace.text(), "step 0: -:-\nrow 1\nstep_end affected 0\n");
}

}  // namespace
}  // namespace libsql::hrana
