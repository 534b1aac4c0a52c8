// What a decoder accepts at most from the other side.
#ifndef LIBSQL_HRANA_LIMITS_H_
#define LIBSQL_HRANA_LIMITS_H_

#include <cstddef>
#include <string_view>

#include "hrana/malformed.h"

namespace libsql::hrana {

struct Limits {
  // One message, one body, or one cursor entry. As sqld for a WebSocket message.
  std::size_t max_bytes = std::size_t{64} << 20;
  // Nested conditions. As sqld for Protobuf.
  std::size_t max_depth = 100;
  // Requests, steps, conditions, arguments, columns and the values of one row, added up over one
  // message: a few bytes on the wire can take a hundred in memory.
  std::size_t max_elements = 1'000'000;
};

// Counts the elements of one message.
class ElementCount {
 public:
  explicit ElementCount(const Limits& limits) noexcept : left_(limits.max_elements) {}

  // Errors: too_large.
  void add(std::string_view member) {
    if (left_ == 0) throw Malformed(Fault::too_large, member, "too many elements in one message");
    --left_;
  }

 private:
  std::size_t left_;
};

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_LIMITS_H_
