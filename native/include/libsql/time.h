// std::chrono::sys_time as a parameter and as a column.
//
// Stored as TEXT in ISO 8601, in UTC, with the fraction that the type's unit has, which SQLite's
// date functions read and which sorts as time does:
//   std::chrono::sys_days                      2026-11-28
//   sys_seconds and coarser                    2026-11-28T10:42:07Z
//   sys_time of milli-, micro-, nanoseconds    2026-11-28T10:42:07.250Z, ....250000Z,
//   ....250000000Z
// This is what the Ecto adapter stores for :date, :utc_datetime and :utc_datetime_usec. In one
// column keep to one unit: texts of different lengths do not sort as times.
//
// Read from such texts, and from what SQLite's functions give: a blank for the T, no seconds, no
// zone (then UTC), or an offset such as +01:00. Errors: error for any other value, also a number
// (seconds? milliseconds? days?), and for a fraction that the type cannot hold. On storing:
// invalid_argument for years outside 0 to 9999.
#ifndef LIBSQL_TIME_H_
#define LIBSQL_TIME_H_

#include <chrono>
#include <ratio>
#include <string>

#include "libsql/export.h"
#include "libsql/value.h"

namespace libsql {

namespace detail {

// A point in time of any year, in nanoseconds: std::chrono's own counts of these end in 2262.
struct DayAndTime {
  std::chrono::sys_days day;
  std::chrono::nanoseconds time{0};  // since the day's beginning
};
// `digits` after the second.
[[nodiscard]] LIBSQL_API std::string time_text(const DayAndTime& time, unsigned digits);
[[nodiscard]] LIBSQL_API std::string day_text(std::chrono::sys_days day);
// Errors: error.
[[nodiscard]] LIBSQL_API DayAndTime parse_time(const ValueView& value);
[[noreturn]] LIBSQL_API void throw_too_fine(const ValueView& value);

}  // namespace detail

template <typename Duration>
struct Conversion<std::chrono::sys_time<Duration>> {
  using Time = std::chrono::sys_time<Duration>;
  static_assert(std::ratio_divide<typename Duration::period, std::nano>::den == 1,
                "times are stored in whole nanoseconds");

  [[nodiscard]] static std::string to_sql(const Time& time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    if constexpr (std::ratio_greater_equal_v<typename Duration::period,
                                             std::chrono::days::period>) {
      return detail::day_text(day);
    } else {
      return detail::time_text({day, time - day},
                               std::chrono::hh_mm_ss<Duration>::fractional_width);
    }
  }

  [[nodiscard]] static Time from_sql(const ValueView& value) {
    const detail::DayAndTime read = detail::parse_time(value);
    const auto time = std::chrono::floor<Duration>(read.time);
    if (time != read.time) detail::throw_too_fine(value);
    return std::chrono::time_point_cast<Duration>(read.day) + time;
  }
};

}  // namespace libsql

#endif  // LIBSQL_TIME_H_
