#include "core/page_forecast.h"

#include <bit>

namespace libsql::core {

namespace {

constexpr PageForecast::Address kLine = 64;
// Larger ones would displace each other; within them the processor prefetches by itself.
constexpr PageForecast::Address kMost = PageForecast::Address{20} * 1024;

constinit thread_local PageForecast forecast;

}  // namespace

void note_page(const void* page) noexcept {
  forecast.note(std::bit_cast<PageForecast::Address>(page));
}

void prefetch_next_pages() noexcept {
  PageForecast& mine = forecast;
  const PageForecast::Address size = mine.page_size();
  for (const PageForecast::Address page : mine.take()) {
    if (size > kMost) continue;
    for (PageForecast::Address at = 0; at < size; at += kLine) {
      __builtin_prefetch(std::bit_cast<const void*>(page + at));
    }
  }
}

}  // namespace libsql::core
