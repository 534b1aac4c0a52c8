#include "remote/backoff.h"

#include <algorithm>
#include <cmath>

namespace libsql::remote {

std::optional<std::chrono::milliseconds> Backoff::next(
    double drawn, std::chrono::milliseconds retry_after) noexcept {
  ++failed_;
  if (failed_ >= options_.attempts) return std::nullopt;
  const auto longest = static_cast<double>(options_.longest.count());
  const auto first = static_cast<double>(options_.first.count());
  const double bound = std::min(longest, std::ldexp(first, failed_ - 1));
  const auto wait = std::chrono::milliseconds(std::llround(std::floor(bound * drawn)));
  return std::max(wait, retry_after);
}

}  // namespace libsql::remote
