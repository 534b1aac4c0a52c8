#include "vector/list_balance.h"

#include <utility>

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
  return regular(vector.view(), index_.metric).value_or(std::vector<float>());
}

ListBalance::Members ListBalance::take_members(std::int64_t list) {
  Members members{{}, {index_.type.dimensions, {}}};
  for (Entry& entry : lists_.entries(list)) {
    const auto vector = read_row(entry.id);
    if (!vector) {
      lists_.forget(entry.id);
    } else if (vector->empty()) {
      refuse_damaged(index_);
    } else {
      members.vectors.add(*vector);
      members.entries.push_back(std::move(entry));
    }
  }
  lists_.clear(list);
  return members;
}

// The new edition comes first: if anything fails, what is in memory is of no edition.
void ListBalance::split(std::int64_t list) {
  const Members members = take_members(list);
  Halves halves{{}, std::vector<bool>(members.entries.size())};
  const std::int64_t other = cache_.centres().next_list();
  // Fewer are left where many were gone.
  if (std::ssize(members.entries) > cache_.state().list_rows) {
    halves = halve(members.vectors);
    cache_.new_edition(db_, index_);
    cache_.centres().replace(list, halves.centres[0]);
    cache_.centres().add(other, halves.centres[1]);
    write_centre(db_, index_, list, halves.centres[0]);
    write_centre(db_, index_, other, halves.centres[1]);
  }
  for (std::size_t i = 0; i < members.entries.size(); ++i) {
    const Entry& entry = members.entries[i];
    lists_.move_in(entry.id, halves.in_second[i] ? other : list, entry.sketch);
  }
}

void ListBalance::merge(std::int64_t list) {
  const Members members = take_members(list);
  cache_.new_edition(db_, index_);
  cache_.centres().remove(list);
  remove_centre(db_, index_, list);
  for (std::size_t i = 0; i < members.entries.size(); ++i) {
    const Entry& entry = members.entries[i];
    lists_.move_in(entry.id, cache_.centres().nearest(members.vectors[i]), entry.sketch);
  }
}

}  // namespace libsql::vector
