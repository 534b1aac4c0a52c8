// Which pages of SQLite's page cache a scan reads next, from where those lie that it has read.
//
// A cache that was filled by a scan has its pages at equal distances in memory, 4 KB and a header
// each, and the processor's own prefetcher stops where a page of memory ends. So the first lines of
// each page come from memory with full latency, unless somebody who knows the distance asks for
// them earlier. What is foretold is only prefetched, which has no effect but on time: it may be
// wrong, or belong to nobody.
#ifndef LIBSQL_CORE_PAGE_FORECAST_H_
#define LIBSQL_CORE_PAGE_FORECAST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace libsql::core {

class PageForecast {
 public:
  using Address = std::uintptr_t;

  // A page is read.
  void note(Address page) noexcept {
    // Over two pages, so that rows of a leaf and one overflow page each, whose pages alternate in
    // order, have a distance, too. What is foretold is the page after the next.
    const Address distance = page - before_last_;
    before_last_ = last_;
    last_ = page;
    if (distance != distance_) {
      distance_ = distance;
      count_ = 0;
      return;
    }
    next_ = {next_[1], page + distance};
    if (count_ < next_.size()) ++count_;
  }

  // Those of the next two pages that have been foretold since the last call. Valid until note().
  [[nodiscard]] std::span<const Address> take() noexcept {
    const std::span<const Address> pages = std::span(next_).last(count_);
    count_ = 0;
    return pages;
  }
  // From one page to the next.
  [[nodiscard]] Address page_size() const noexcept {
    const Address back = Address{0} - distance_;
    return (distance_ < back ? distance_ : back) / 2;
  }

 private:
  Address before_last_ = 0;
  Address last_ = 0;
  Address distance_ = 0;
  std::array<Address, 2> next_{};
  std::size_t count_ = 0;  // how many of them, from the end, have not been taken
};

// The reads of this thread.
void note_page(const void* page) noexcept;
// For who reads rows as a whole: to those of scans that read keys or count it would be a loss.
void prefetch_next_pages() noexcept;

}  // namespace libsql::core

#endif  // LIBSQL_CORE_PAGE_FORECAST_H_
