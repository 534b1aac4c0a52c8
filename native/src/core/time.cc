// Times as texts: ISO 8601 and what SQLite's date functions write. Source:
// sqlite.org/lang_datefunc.html
#include "libsql/time.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "libsql/error.h"

namespace libsql::detail {
namespace {

using std::chrono::days;
using std::chrono::nanoseconds;
using std::chrono::sys_days;

constexpr unsigned kMostDigits = 9;

void append_digits(std::string& text, std::int64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  text.append(width - std::min(width, digits.size()), '0').append(digits);
}

// Reads a text from its front; once something is missing, everything is.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : rest_(text) {}

  // A number of exactly `width` digits, between the bounds.
  [[nodiscard]] int number(std::size_t width, int least, int most) noexcept {
    int value = 0;
    const char* const end = rest_.data() + std::min(width, rest_.size());
    const auto read = std::from_chars(rest_.data(), end, value);
    const bool plain = !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9';
    good_ = good_ && plain && rest_.size() >= width && read.ec == std::errc() && read.ptr == end &&
            value >= least && value <= most;
    if (good_) rest_.remove_prefix(width);
    return value;
  }
  [[nodiscard]] bool accept(char c) noexcept {
    if (!good_ || rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) noexcept {
    if (!accept(c)) good_ = false;
  }
  // One to nine digits of a second's fraction.
  [[nodiscard]] nanoseconds fraction() noexcept {
    std::int64_t value = 0;
    unsigned digits = 0;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; ++digits) {
      if (digits < kMostDigits) value = value * 10 + (rest_[0] - '0');
      good_ = good_ && (digits < kMostDigits || rest_[0] == '0');
      rest_.remove_prefix(1);
    }
    good_ = good_ && digits > 0;
    for (; digits < kMostDigits; ++digits) value *= 10;
    return nanoseconds(value);
  }
  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] bool at_end() const noexcept { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

nanoseconds scan_zone(Scanner& text) {
  const bool east = text.accept('+');
  if (!east && !text.accept('-')) {
    static_cast<void>(text.accept('Z'));
    return nanoseconds(0);
  }
  const std::chrono::hours hours(text.number(2, 0, 14));
  text.expect(':');
  const nanoseconds offset = hours + std::chrono::minutes(text.number(2, 0, 59));
  return east ? offset : -offset;
}

std::optional<DayAndTime> scan(std::string_view written) {
  Scanner text(written);
  const std::chrono::year year(text.number(4, 0, 9999));
  text.expect('-');
  const std::chrono::month month(static_cast<unsigned>(text.number(2, 1, 12)));
  text.expect('-');
  const std::chrono::day day(static_cast<unsigned>(text.number(2, 1, 31)));
  const std::chrono::year_month_day date(year, month, day);
  if (!text.good() || !date.ok()) return std::nullopt;
  if (text.at_end()) return DayAndTime{sys_days(date)};
  if (!text.accept('T')) text.expect(' ');
  nanoseconds time = std::chrono::hours(text.number(2, 0, 23));
  text.expect(':');
  time += std::chrono::minutes(text.number(2, 0, 59));
  if (text.accept(':')) time += std::chrono::seconds(text.number(2, 0, 59));
  if (text.accept('.')) time += text.fraction();
  time -= scan_zone(text);
  if (!text.at_end()) return std::nullopt;
  const days shift = std::chrono::floor<days>(time);  // The offset may lead to another day.
  return DayAndTime{sys_days(date) + shift, time - shift};
}

}  // namespace

std::string day_text(sys_days day) {
  const std::chrono::year_month_day date(day);
  if (!date.ok() || date.year() < std::chrono::year(0) || date.year() > std::chrono::year(9999)) {
    throw Error(ErrorKind::invalid_argument,
                "a time " + std::to_string(day.time_since_epoch().count()) +
                    " days from 1970 is outside the years 0 to 9999, which SQLite knows");
  }
  std::string text;
  append_digits(text, static_cast<int>(date.year()), 4);
  append_digits(text += '-', static_cast<unsigned>(date.month()), 2);
  append_digits(text += '-', static_cast<unsigned>(date.day()), 2);
  return text;
}

std::string time_text(const DayAndTime& time, unsigned digits) {
  const std::chrono::hh_mm_ss<nanoseconds> clock(time.time);
  std::string text = day_text(time.day);
  append_digits(text += 'T', clock.hours().count(), 2);
  append_digits(text += ':', clock.minutes().count(), 2);
  append_digits(text += ':', clock.seconds().count(), 2);
  if (digits > 0) {
    append_digits(text += '.', clock.subseconds().count(), kMostDigits);
    text.resize(text.size() - kMostDigits + digits);
  }
  return text += 'Z';
}

DayAndTime parse_time(const ValueView& value) {
  if (value.type() == ValueType::text) {
    if (const auto time = scan(value.bytes())) return *time;
    throw Error(ErrorKind::error, "not a time: '" + std::string(value.bytes().substr(0, 100)) +
                                      "' (such as 2026-11-28T10:42:07Z)");
  }
  throw Error(ErrorKind::error, value.is_null() ? "a time is NULL: read it as a std::optional"
                                                : "a time is no text (such as "
                                                  "2026-11-28T10:42:07Z)");
}

void throw_too_fine(const ValueView& value) {
  throw Error(ErrorKind::error, "the time '" + std::string(value.bytes().substr(0, 100)) +
                                    "' is finer than the type it is read as");
}

}  // namespace libsql::detail
