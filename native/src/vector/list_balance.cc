#include "vector/list_balance.h"

#include <string>

#include "vector/centres.h"
#include "vector/keys.h"
#include "vector/nearest.h"
#include "vector/sketch.h"

namespace libsql::vector {

ListBalance::ListBalance(sqlite3* db, const Index& index, SketchLists& lists, SketchCache& cache)
    : db_(db), index_(index), lists_(lists), cache_(cache), row_(db, index.row) {}

void ListBalance::grown(std::int64_t list, std::int64_t count) {
  if (list == kIrregular || cache_.centres().size() == 1) return;
  if (count > 2 * cache_.state().list_rows) split(list);
}

void ListBalance::shrunk(std::int64_t list, std::int64_t count) {
  if (list == kIrregular || cache_.centres().size() == 1) return;
  if (4 * count < cache_.state().list_rows) merge(list);
}

bool ListBalance::sweep() {
  const auto chunk = lists_.next_chunk(swept_);
  if (!chunk) {
    swept_ = 0;
    return false;
  }
  swept_ = chunk->place + 1;
  std::optional<std::int64_t> left;
  for (const std::int64_t id : chunk->ids) {
    if (!read_row(id)) left = lists_.remove({id, chunk->place});
  }
  if (left) shrunk(list_of(chunk->place), *left);
  return left.has_value();
}

std::optional<std::vector<float>> ListBalance::read_row(std::int64_t id) {
  const ResetAtEnd reset(row_);
  sqlite3_value* const key = lists_.key_of(id);
  if (key == nullptr) {
    row_.bind(1, id);
  } else {
    row_.bind(1, key);
  }
  if (!row_.step()) return std::nullopt;
  if (key != nullptr && !is_same(sqlite3_column_value(row_.get(), 0), key)) return std::nullopt;
  const SearchVector vector(sqlite3_column_value(row_.get(), 1));
  const auto values = regular(vector.view(), index_.metric);
  return values ? cache_.sketcher().turned(*values) : std::vector<float>();
}

ListBalance::Members ListBalance::take_members(std::int64_t list) {
  Members members{{}, {Sketcher::components_for(index_.type.dimensions), {}}};
  for (const std::int64_t id : lists_.ids(list)) {
    const auto vector = read_row(id);
    if (!vector) {
      lists_.forget(id);
    } else if (vector->empty()) {
      refuse_damaged(index_);
    } else {
      members.vectors.add(*vector);
      members.ids.push_back(id);
    }
  }
  lists_.clear(list);
  return members;
}

void ListBalance::move_in(std::int64_t id, std::span<const float> vector, std::int64_t list) {
  const std::string sketch = Sketcher::sketch(vector, cache_.centres().of(list));
  lists_.move_in(id, list, sketch);
}

// The new edition comes first: if anything fails, what is in memory is of no edition.
void ListBalance::split(std::int64_t list) {
  const Members members = take_members(list);
  Halves halves{{}, std::vector<bool>(members.ids.size())};
  const std::int64_t other = cache_.centres().next_list();
  // Fewer are left where many were gone.
  if (std::ssize(members.ids) > cache_.state().list_rows) {
    halves = halve(members.vectors);
    cache_.new_edition(db_, index_);
    cache_.centres().replace(list, halves.centres[0]);
    cache_.centres().add(other, halves.centres[1]);
    write_centre(db_, index_, list, halves.centres[0]);
    write_centre(db_, index_, other, halves.centres[1]);
  }
  for (std::size_t i = 0; i < members.ids.size(); ++i) {
    move_in(members.ids[i], members.vectors[i], halves.in_second[i] ? other : list);
  }
}

void ListBalance::merge(std::int64_t list) {
  const Members members = take_members(list);
  cache_.new_edition(db_, index_);
  cache_.centres().remove(list);
  remove_centre(db_, index_, list);
  for (std::size_t i = 0; i < members.ids.size(); ++i) {
    const auto vector = members.vectors[i];
    move_in(members.ids[i], vector, cache_.centres().nearest(vector));
  }
}

}  // namespace libsql::vector
