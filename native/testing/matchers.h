// Matchers for calls that fail.
#ifndef LIBSQL_TESTING_MATCHERS_H_
#define LIBSQL_TESTING_MATCHERS_H_

#include <ostream>
#include <string>

#include <gmock/gmock.h>

#include "libsql/error.h"

namespace libsql::testing {

// Matches a callable that throws an Error of a kind, whose message contains a text.
class ThrowsError {
 public:
  using is_gtest_matcher = void;

  ThrowsError(ErrorKind kind, std::string text) : kind_(kind), text_(std::move(text)) {}

  // NOLINTBEGIN(readability-identifier-naming): GoogleMock's names
  template <typename Call>
  bool MatchAndExplain(const Call& call, ::testing::MatchResultListener* listener) const {
    try {
      static_cast<void>(call());
    } catch (const Error& error) {
      *listener << "which throws " << to_string(error.kind()) << " (" << error.extended_code()
                << "): " << error.message();
      return error.kind() == kind_ && error.message().find(text_) != std::string::npos;
    }
    *listener << "which throws nothing";
    return false;
  }

  void DescribeTo(std::ostream* out) const {
    *out << "throws " << to_string(kind_);
    if (!text_.empty()) *out << " with '" << text_ << "' in its message";
  }
  void DescribeNegationTo(std::ostream* out) const {
    *out << "does not throw " << to_string(kind_);
  }
  // NOLINTEND(readability-identifier-naming)

 private:
  ErrorKind kind_;
  std::string text_;
};

inline ThrowsError throws_error(ErrorKind kind, std::string text = "") {
  return {kind, std::move(text)};
}

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_MATCHERS_H_
