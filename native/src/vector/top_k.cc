#include "vector/top_k.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "vector/failure.h"
#include "vector/index.h"
#include "vector/keys.h"
#include "vector/nearest.h"
#include "vector/table_function.h"

namespace libsql::vector {

namespace {

enum Column : int { index_column, vector_column, k_column, id_column };

// The number of rows that are wanted. One beyond any table's size is as good as none.
std::int64_t parse_count(sqlite3_value* value) {
  const auto refuse = [](const char* what) {
    throw Failure(std::string("vector index(search): third parameter (k) must be ") + what);
  };
  const int type = sqlite3_value_type(value);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
    refuse("an integer, but unexpected type of value were provided");
  }
  const double real = sqlite3_value_double(value);
  if (type == SQLITE_FLOAT && std::trunc(real) != real) {
    refuse("an integer, but float value were provided");
  }
  if (real < 0) refuse("a non-negative integer, but negative value were provided");
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  return real >= static_cast<double>(kMost) ? kMost : static_cast<std::int64_t>(real);
}

// The rows of one call.
class TopK {
 public:
  static constexpr const char* kDeclaration =
      "CREATE TABLE x(idx HIDDEN, vector HIDDEN, k HIDDEN, id)";
  static constexpr int kArguments = 3;

  explicit TopK(FunctionTable& table) noexcept : table_(table) {}

  static void plan(sqlite3_index_info* info) noexcept {
    info->estimatedCost = 1;
    info->estimatedRows = 100;
  }
  [[noreturn]] static void refuse(int given) {
    throw Failure("vector index(search): got " + std::to_string(given) + " parameters, expected 3");
  }

  // The order of the checks is libSQL's.
  void start(int /*plan*/, sqlite3_value** values) {
    at_ = 0;
    found_.clear();
    for (std::size_t each = 0; each < arguments_.size(); ++each) {
      arguments_[each] = copy_of(values[each]);
    }
    const SearchVector query(arguments_[vector_column].get());
    const std::int64_t count = parse_count(values[k_column]);
    const std::string name = index_argument(values[index_column]);
    const Index index = find_index(table_.db, parse_index_name(table_.db, name));
    found_ = find_nearest(table_.db, index, query, count, table_.caches);
  }
  void advance() noexcept { ++at_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ >= found_.size(); }
  void answer(sqlite3_context* context, int column) const noexcept {
    sqlite3_result_value(context, column == id_column
                                      ? found_[at_].key.get()
                                      : arguments_[static_cast<std::size_t>(column)].get());
  }
  // As libSQL's: the key if it is an integer, and else the number of the result.
  [[nodiscard]] sqlite3_int64 rowid() const noexcept {
    sqlite3_value* const key = found_[at_].key.get();
    return sqlite3_value_type(key) == SQLITE_INTEGER ? sqlite3_value_int64(key)
                                                     : static_cast<sqlite3_int64>(at_);
  }

 private:
  FunctionTable& table_;
  std::array<OwnedValue, kArguments> arguments_;
  std::vector<Neighbour> found_;
  std::size_t at_ = 0;
};

}  // namespace

int register_top_k(sqlite3* db) noexcept { return TableFunction<TopK>::add_to(db, "vector_top_k"); }

}  // namespace libsql::vector
