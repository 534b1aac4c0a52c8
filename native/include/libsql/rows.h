// Range-based for over the rows of a statement or cursor.
#ifndef LIBSQL_ROWS_H_
#define LIBSQL_ROWS_H_

#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "libsql/row.h"

namespace libsql {

// Reads the rows of one result as what `Columns` say: as Row without any, as a struct for one
// struct (fields.h), otherwise as a tuple. Errors: those of Row::as().
template <typename... Columns>
class RowReader {
 public:
  using Result = std::conditional_t<sizeof...(Columns) == 0, Row, std::tuple<Columns...>>;

  RowReader() = default;
  explicit RowReader(const Row& /*first*/) noexcept {}
  explicit RowReader(std::span<const std::string_view> /*names*/) noexcept {}
  [[nodiscard]] Result operator()(const Row& row) const {
    if constexpr (sizeof...(Columns) == 0) {
      return row;
    } else {
      return row.as<Columns...>();
    }
  }
};
template <ReadableStruct T>
class RowReader<T> {
 public:
  using Result = T;

  RowReader() = default;
  explicit RowReader(const Row& first) : columns_(first.columns_of<T>()) {}
  // With the names of the result's columns.
  explicit RowReader(std::span<const std::string_view> names)
      : columns_(detail::field_columns<T>(names)) {}
  [[nodiscard]] T operator()(const Row& row) const { return row.as<T>(columns_); }

 private:
  detail::FieldColumns<T> columns_{};
};
template <typename... Columns>
using RowOf = typename RowReader<Columns...>::Result;

// What a row that is gone can be read as: columns or a struct, without views.
template <typename... Columns>
concept OwnedRow = sizeof...(Columns) > 0 &&
                   ((OwnedColumn<Columns> && ...) ||
                    (sizeof...(Columns) == 1 && (OwnedStruct<Columns> && ...)));

// Stands on a row of `Source`, which it advances: an input iterator over what RowReader gives.
// Errors: those of Source::next() and Row::as().
template <typename Source, typename... Columns>
class RowIterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = RowOf<Columns...>;
  using difference_type = std::ptrdiff_t;

  explicit RowIterator(Source& source) : source_(&source), row_(source.next()) {
    if (row_) reader_ = RowReader<Columns...>(*row_);
  }

  [[nodiscard]] value_type operator*() const { return reader_(*row_); }
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
  RowReader<Columns...> reader_;
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
