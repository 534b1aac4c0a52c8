// Times: the texts they are stored as, and the texts they are read from.
#include "libsql/time.h"

#include <array>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "libsql/row.h"
#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::sys_time;
using testing::throws_error;
using Micros = sys_time<std::chrono::microseconds>;
using Nanos = sys_time<std::chrono::nanoseconds>;

constexpr sys_days kDay = std::chrono::year(2026) / 11 / 28;
constexpr sys_seconds kTime =
    kDay + std::chrono::hours(10) + std::chrono::minutes(42) + std::chrono::seconds(7);

template <typename T>
std::string stored(const T& time) {
  return Conversion<T>::to_sql(time);
}
template <typename T>
T read(const ValueView& value) {
  return Row(std::array<ValueView, 1>{value}).get<T>(0);
}

TEST(TimeTest, IsStoredAsIso8601WithTheFractionOfItsUnit) {
  EXPECT_EQ(stored(kDay), "2026-11-28");
  EXPECT_EQ(stored(kTime), "2026-11-28T10:42:07Z");
  EXPECT_EQ(stored(Micros(kTime) + std::chrono::microseconds(5)), "2026-11-28T10:42:07.000005Z");
  EXPECT_EQ(stored(Nanos(kTime)), "2026-11-28T10:42:07.000000000Z");
  EXPECT_EQ(stored(std::chrono::time_point_cast<std::chrono::minutes>(kTime)),
            "2026-11-28T10:42:00Z");
}

TEST(TimeTest, BeforeTheEpochCountsForwardWithinItsDay) {
  EXPECT_EQ(stored(sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(-1))),
            "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(stored(sys_days(std::chrono::year(0) / 1 / 1)), "0000-01-01");
}

TEST(TimeTest, RefusesYearsThatSqliteDoesNotKnow) {
  for (const int year : {-1, 10'000}) {
    EXPECT_THAT([&] { return stored(sys_days(std::chrono::year(year) / 1 / 1)); },
                throws_error(ErrorKind::invalid_argument, "outside the years 0 to 9999"));
  }
}

TEST(TimeTest, IsReadFromTheFormsOfSqlite) {
  EXPECT_EQ(read<sys_seconds>("2026-11-28T10:42:07Z"), kTime);
  EXPECT_EQ(read<sys_seconds>("2026-11-28 10:42:07"), kTime);
  EXPECT_EQ(read<sys_seconds>("2026-11-28 10:42:07.000"), kTime);
  EXPECT_EQ(read<sys_seconds>("2026-11-28T11:42:07+01:00"), kTime);
  EXPECT_EQ(read<sys_seconds>("2026-11-27 23:42:07-11:00"), kTime);
  EXPECT_EQ(read<sys_seconds>("2026-11-28 10:42"), kTime - std::chrono::seconds(7));
  EXPECT_EQ(read<sys_seconds>("2026-11-28"), sys_seconds(kDay));
  EXPECT_EQ(read<sys_days>("2026-11-28"), kDay);
  EXPECT_EQ(read<sys_seconds>("0000-01-01"), sys_days(std::chrono::year(0) / 1 / 1));
  EXPECT_EQ(read<std::optional<sys_seconds>>(nullptr), std::nullopt);
}

TEST(TimeTest, RefusesWhatIsNoTime) {
  for (const char* const text :
       {"", "2026", "2026-11-31", "2026-13-01", "2026-11-28T", "2026-11-28T24:00:00Z",
        "2026-11-28T10:60:00Z", "2026-11-28T10:42:07.", "2026-11-28T10:42:07Zx", "26-11-28",
        "2026-11-28T10:42:07+1:00", "+026-11-28", "2026-11-28T10:42:0 Z"}) {
    EXPECT_THAT([&] { return read<sys_seconds>(text); },
                throws_error(ErrorKind::error, "not a time"))
        << text;
  }
  EXPECT_THAT([] { return read<sys_seconds>(1'795'862'527); },
              throws_error(ErrorKind::error, "no text"));
  EXPECT_THAT([] { return read<sys_seconds>(nullptr); },
              throws_error(ErrorKind::error, "std::optional"));
}

TEST(TimeTest, NeverDropsAFraction) {
  EXPECT_THAT([] { return read<sys_seconds>("2026-11-28T10:42:07.5Z"); },
              throws_error(ErrorKind::error, "finer than the type"));
  EXPECT_THAT([] { return read<sys_days>("2026-11-28T10:42:07Z"); },
              throws_error(ErrorKind::error, "finer than the type"));
  EXPECT_THAT([] { return read<Nanos>("2026-11-28T10:42:07.0000000001Z"); },
              throws_error(ErrorKind::error, "not a time"));
}

RC_GTEST_PROP(TimeTest, ReadsWhatItHasStored, ()) {
  const auto micros =
      *rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'800'000'000);
  const Micros time{std::chrono::microseconds(micros)};
  RC_ASSERT(read<Micros>(stored(time)) == time);
}

class StoredTimeTest : public testing::MemoryTest {};

TEST_F(StoredTimeTest, IsUnderstoodByTheDateFunctionsOfSqlite) {
  EXPECT_EQ(db_.query_value<std::string>("SELECT datetime(?, '+1 hour')", kTime),
            "2026-11-28 11:42:07");
  EXPECT_EQ(db_.query_value<sys_seconds>("SELECT datetime(?, '+1 hour')", kTime),
            kTime + std::chrono::hours(1));
}

TEST_F(StoredTimeTest, IsAParameterLikeAnyOther) {
  db_.execute("CREATE TABLE t(at TEXT)");
  db_.execute("INSERT INTO t VALUES (?)", kTime);
  db_.execute("INSERT INTO t VALUES (:at)", named("at", std::optional(kTime)));
  db_.execute("INSERT INTO t VALUES (?)", std::optional<sys_seconds>());
  static_cast<void>(db_.run(Batch().add("INSERT INTO t VALUES (?)", {kTime})));
  Statement insert = db_.prepare("INSERT INTO t VALUES (:at)");
  insert.bind("at", kTime);
  Statement moved = std::move(insert);
  moved.execute();
  EXPECT_EQ(query("SELECT count(*), count(at), count(DISTINCT at) FROM t"), "5|4|1");
}

}  // namespace
}  // namespace libsql
