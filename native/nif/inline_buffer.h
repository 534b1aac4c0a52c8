// A growing array whose first elements need no allocation.
#ifndef LIBSQL_NIF_INLINE_BUFFER_H_
#define LIBSQL_NIF_INLINE_BUFFER_H_

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace libsql::nif {

template <typename T, std::size_t kInline>
class InlineBuffer {
 public:
  // A new last element, for the caller to set; valid until the next add().
  [[nodiscard]] T& add() {
    if (size_ < kInline) return inline_[size_++];
    if (size_ == kInline) overflow_.assign(inline_.begin(), inline_.end());
    T& added = overflow_.emplace_back();
    ++size_;
    return added;
  }
  void clear() noexcept {
    size_ = 0;
    overflow_.clear();
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<const T> span() const noexcept {
    return {size_ <= kInline ? inline_.data() : overflow_.data(), size_};
  }

 private:
  std::array<T, kInline> inline_;
  std::vector<T> overflow_;
  std::size_t size_ = 0;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_INLINE_BUFFER_H_
