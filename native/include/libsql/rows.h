// Range-based for over the rows of a statement or cursor.
#ifndef LIBSQL_ROWS_H_
#define LIBSQL_ROWS_H_

#include <cstddef>
#include <iterator>
#include <optional>
#include <tuple>
#include <type_traits>

#include "libsql/row.h"

namespace libsql {

// Stands on a row of `Source`, which it advances: an input iterator. Without `Columns` it gives a
// Row, otherwise the tuple of Row::as<Columns...>(). Errors: those of Source::next() and Row::as().
template <typename Source, typename... Columns>
class RowIterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = std::conditional_t<sizeof...(Columns) == 0, Row, std::tuple<Columns...>>;
  using difference_type = std::ptrdiff_t;

  explicit RowIterator(Source& source) : source_(&source), row_(source.next()) {}

  [[nodiscard]] value_type operator*() const {
    if constexpr (sizeof...(Columns) == 0) {
      return *row_;
    } else {
      return row_->template as<Columns...>();
    }
  }
  RowIterator& operator++() {
    row_ = source_->next();
    return *this;
  }
  void operator++(int) { ++*this; }
  [[nodiscard]] friend bool operator==(const RowIterator& iterator,
                                       std::default_sentinel_t /*end*/) noexcept {
    return !iterator.row_.has_value();
  }

 private:
  Source* source_;
  std::optional<Row> row_;
};

// The rows of a source from its next one on. A view: the source outlives it.
template <typename Source, typename... Columns>
class RowRange {
 public:
  explicit RowRange(Source& source) noexcept : source_(&source) {}
  [[nodiscard]] RowIterator<Source, Columns...> begin() const {
    return RowIterator<Source, Columns...>(*source_);
  }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  Source* source_;
};

}  // namespace libsql

#endif  // LIBSQL_ROWS_H_
