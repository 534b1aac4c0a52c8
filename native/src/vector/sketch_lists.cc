#include "vector/sketch_lists.h"

#include <cstring>
#include <utility>

#include "vector/index_state.h"

namespace libsql::vector {

namespace {

// A row of that size fits a page of 4096 bytes.
constexpr std::size_t kChunkSize = 4040;

std::int64_t first_place(std::int64_t list) { return list * kChunksOfList; }

std::string sketches_of(const Index& index) { return shadow_name(index.name, kSketchesSuffix); }
std::string places_of(const Index& index) { return shadow_name(index.name, kPlacesSuffix); }

std::string know_sql(const Index& index) {
  return "INSERT INTO " + places_of(index) + (index.has_rowids ? "(id" : "(key") +
         ", place) VALUES (?1, ?2)";
}

std::string write_sql(const Index& index) {
  return "INSERT OR REPLACE INTO " + sketches_of(index) + " VALUES (?1, ?2)";
}

void run(SqliteStatement& statement) {
  const ResetAtEnd reset(statement);
  static_cast<void>(statement.step());
}

}  // namespace

// --- ChunkShape ---

std::size_t ChunkShape::capacity() const noexcept {
  return entry_size() < kChunkSize ? kChunkSize / entry_size() : 1;
}

std::size_t ChunkShape::entries(std::string_view data) const {
  const std::size_t count = data.size() / entry_size();
  if (count == 0 || count > capacity() || data.size() % entry_size() != 0) {
    throw Failure("vector index: a chunk of sketches has " + std::to_string(data.size()) +
                  " bytes; REINDEX the index");
  }
  return count;
}

std::int64_t ChunkShape::id(std::string_view data, std::size_t entry) const noexcept {
  std::int64_t id = 0;
  std::memcpy(&id, data.data() + entry * entry_size(), sizeof id);
  return id;
}

void ChunkShape::append(std::string& data, std::int64_t id, std::string_view sketch) const {
  const std::size_t at = data.size();
  data.resize(at + entry_size());
  std::memcpy(data.data() + at, &id, sizeof id);
  sketch.copy(data.data() + at + sizeof id, sketch.size());
}

void ChunkShape::set_sketch(std::string& data, std::size_t entry, std::string_view sketch) const {
  char* const place = data.data() + entry * entry_size() + sizeof(std::int64_t);
  std::memset(place, 0, sketch_size_);
  sketch.copy(place, sketch.size());
}

std::size_t ChunkShape::find(std::string_view data, std::int64_t id) const {
  const std::size_t count = entries(data);
  for (std::size_t entry = 0; entry < count; ++entry) {
    if (this->id(data, entry) == id) return entry;
  }
  throw Failure("vector index: the sketch of row " + std::to_string(id) +
                " is not in its list; REINDEX the index");
}

// --- SketchLists ---

SketchLists::SketchLists(sqlite3* db, const Index& index, std::size_t sketch_size)
    : db_(db),
      index_(index),
      shape_(sketch_size),
      find_(db, "SELECT id, place FROM " + places_of(index) +
                    (index.has_rowids ? " WHERE id = ?1" : " WHERE key = ?1")),
      key_(db, std::string("SELECT ") + (index.has_rowids ? "NULL" : "key") + " FROM " +
                   places_of(index) + " WHERE id = ?1"),
      know_(db, know_sql(index)),
      set_place_(db, "UPDATE " + places_of(index) + " SET place = ?2 WHERE id = ?1"),
      forget_(db, "DELETE FROM " + places_of(index) + " WHERE id = ?1"),
      last_(db, "SELECT place, data FROM " + sketches_of(index) +
                    " WHERE place BETWEEN ?1 AND ?2 ORDER BY place DESC LIMIT 1"),
      read_(db, "SELECT data FROM " + sketches_of(index) + " WHERE place = ?1"),
      write_(db, write_sql(index)),
      erase_(db, "DELETE FROM " + sketches_of(index) + " WHERE place BETWEEN ?1 AND ?2"),
      next_(db, "SELECT place, data FROM " + sketches_of(index) +
                    " WHERE place >= ?1 ORDER BY place LIMIT 1") {}

std::optional<Placed> SketchLists::find(sqlite3_value* key) {
  const ResetAtEnd reset(find_);
  find_.bind(1, key);
  if (!find_.step()) return std::nullopt;
  return Placed{sqlite3_column_int64(find_.get(), 0), sqlite3_column_int64(find_.get(), 1)};
}

sqlite3_value* SketchLists::key_of(std::int64_t id) {
  if (index_.has_rowids) return nullptr;
  key_.reset();
  key_.bind(1, id);
  return key_.step() ? sqlite3_column_value(key_.get(), 0) : nullptr;
}

std::int64_t SketchLists::add(sqlite3_value* key, std::int64_t list, std::string_view sketch) {
  know_.bind(1, key);
  if (!index_.has_rowids) {
    // The id must be known before the chunk is written.
    know_.bind(2, std::int64_t{0});
    run(know_);
    return move_in(sqlite3_last_insert_rowid(db_), list, sketch);
  }
  const auto [place, count] = append(sqlite3_value_int64(key), list, sketch);
  know_.bind(2, place);
  run(know_);
  return count;
}

std::int64_t SketchLists::move_in(std::int64_t id, std::int64_t list, std::string_view sketch) {
  const auto [place, count] = append(id, list, sketch);
  set_place(id, place);
  return count;
}

void SketchLists::replace(const Placed& placed, std::string_view sketch) {
  std::string data = read(placed.place);
  shape_.set_sketch(data, shape_.find(data, placed.id), sketch);
  write(placed.place, data);
}

std::int64_t SketchLists::remove(const Placed& placed) {
  forget(placed.id);
  return take_out(placed);
}

// The last entry of the list takes the place of the one that goes.
std::int64_t SketchLists::take_out(const Placed& placed) {
  auto last = last_chunk(list_of(placed.place));
  if (!last) refuse_damaged(index_);
  const bool same = last->place == placed.place;
  std::string data = same ? last->data : read(placed.place);
  const std::size_t hole = shape_.find(data, placed.id);
  const std::size_t end = shape_.entries(last->data) - 1;
  const std::int64_t moved = shape_.id(last->data, end);
  if (moved != placed.id) {
    std::string& target = same ? last->data : data;
    target.replace(hole * shape_.entry_size(), shape_.entry_size(), last->data,
                   end * shape_.entry_size(), shape_.entry_size());
    if (!same) {
      write(placed.place, data);
      set_place(moved, placed.place);
    }
  }
  last->data.resize(end * shape_.entry_size());
  if (!last->data.empty()) {
    write(last->place, last->data);
  } else {
    erase_.bind(1, last->place);
    erase_.bind(2, last->place);
    run(erase_);
  }
  return entries_up_to(last->place, last->data);
}

void SketchLists::forget(std::int64_t id) {
  forget_.bind(1, id);
  run(forget_);
}

std::vector<std::int64_t> SketchLists::ids(std::int64_t list) {
  std::vector<std::int64_t> ids;
  const std::int64_t end = first_place(list + 1);
  for (std::int64_t from = first_place(list);;) {
    const ResetAtEnd reset(next_);
    next_.bind(1, from);
    if (!next_.step() || sqlite3_column_int64(next_.get(), 0) >= end) return ids;
    from = sqlite3_column_int64(next_.get(), 0) + 1;
    const std::string_view data = next_.blob(1);
    const std::size_t count = shape_.entries(data);
    for (std::size_t entry = 0; entry < count; ++entry) ids.push_back(shape_.id(data, entry));
  }
}

void SketchLists::clear(std::int64_t list) {
  erase_.bind(1, first_place(list));
  erase_.bind(2, first_place(list + 1) - 1);
  run(erase_);
}

std::optional<SketchLists::Chunk> SketchLists::next_chunk(std::int64_t place) {
  const ResetAtEnd reset(next_);
  next_.bind(1, place);
  if (!next_.step()) return std::nullopt;
  Chunk chunk{sqlite3_column_int64(next_.get(), 0), {}};
  const std::string_view data = next_.blob(1);
  const std::size_t count = shape_.entries(data);
  for (std::size_t entry = 0; entry < count; ++entry) chunk.ids.push_back(shape_.id(data, entry));
  return chunk;
}

std::optional<SketchLists::Last> SketchLists::last_chunk(std::int64_t list) {
  const ResetAtEnd reset(last_);
  last_.bind(1, first_place(list));
  last_.bind(2, first_place(list + 1) - 1);
  if (!last_.step()) return std::nullopt;
  return Last{sqlite3_column_int64(last_.get(), 0), std::string(last_.blob(1))};
}

std::string SketchLists::read(std::int64_t place) {
  const ResetAtEnd reset(read_);
  read_.bind(1, place);
  static_cast<void>(read_.step());
  return std::string(read_.blob(0));
}

void SketchLists::write(std::int64_t place, std::string_view data) {
  write_.bind(1, place);
  write_.bind_blob(2, data);
  run(write_);
}

std::pair<std::int64_t, std::int64_t> SketchLists::append(std::int64_t id, std::int64_t list,
                                                          std::string_view sketch) {
  Last last = last_chunk(list).value_or(Last{first_place(list), {}});
  if (!last.data.empty() && shape_.entries(last.data) == shape_.capacity()) {
    last = {last.place + 1, {}};
  }
  shape_.append(last.data, id, sketch);
  write(last.place, last.data);
  return {last.place, entries_up_to(last.place, last.data)};
}

void SketchLists::set_place(std::int64_t id, std::int64_t place) {
  set_place_.bind(1, id);
  set_place_.bind(2, place);
  run(set_place_);
}

std::int64_t SketchLists::entries_up_to(std::int64_t place, std::string_view last) const {
  const std::int64_t full = place % kChunksOfList * static_cast<std::int64_t>(shape_.capacity());
  return full + static_cast<std::int64_t>(last.size() / shape_.entry_size());
}

// --- ListFiller ---

ListFiller::ListFiller(sqlite3* db, const Index& index, std::size_t sketch_size)
    : db_(db),
      has_rowids_(index.has_rowids),
      shape_(sketch_size),
      know_(db, know_sql(index)),
      write_(db, write_sql(index)) {}

void ListFiller::add(sqlite3_value* key, std::int64_t list, std::string_view sketch) {
  Open& chunk = open_.try_emplace(list, Open{first_place(list), {}}).first->second;
  know_.bind(1, key);
  know_.bind(2, chunk.place);
  run(know_);
  const std::int64_t id = has_rowids_ ? sqlite3_value_int64(key) : sqlite3_last_insert_rowid(db_);
  shape_.append(chunk.data, id, sketch);
  if (shape_.entries(chunk.data) < shape_.capacity()) return;
  write(chunk);
  chunk = {chunk.place + 1, {}};
}

void ListFiller::finish() {
  for (const auto& [list, chunk] : open_) {
    if (!chunk.data.empty()) write(chunk);
  }
  open_.clear();
}

void ListFiller::write(const Open& chunk) {
  write_.bind(1, chunk.place);
  write_.bind_blob(2, chunk.data);
  run(write_);
}

}  // namespace libsql::vector
