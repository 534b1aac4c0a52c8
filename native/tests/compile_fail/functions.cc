// What must not compile: functions and collations that SQLite could not call.
#include "libsql/functions.h"

#include <string_view>

namespace libsql {

struct Unknown {};

void define() {
  static_cast<void>(scalar("f", [](int value) { return value; }));
  static_cast<void>(
      collation("c", [](std::string_view a, std::string_view b) noexcept { return a.compare(b); }));
#ifdef COLLATES_WITH_WHAT_MAY_THROW
  static_cast<void>(
      collation("c", [](std::string_view a, std::string_view b) { return a.compare(b); }));
#endif
#ifdef TAKES_AN_UNKNOWN_TYPE
  static_cast<void>(scalar("f", [](Unknown) { return 1; }));
#endif
#ifdef RETURNS_AN_UNKNOWN_TYPE
  static_cast<void>(scalar("f", [](int) { return Unknown(); }));
#endif
#ifdef IS_NAMED_NOTHING
  static_cast<void>(scalar(nullptr, [](int value) { return value; }));
#endif
}

}  // namespace libsql
