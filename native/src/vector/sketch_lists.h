// The sketches of an index on disk: lists of entries in chunks, and where the entry of a row is.
//
// A chunk is the blob of one row and fits a page of 4 KiB: entries of the same size, each the
// row's id and its sketch. All chunks of a list are full but the last, so the place of the last
// says how many entries there are. A place is the number of a list and that of a chunk in it. The
// list kIrregular holds the rows whose vector has no sketch, with zeros for it.
//
// The id of a row is its rowid, or a number that the table of places gives to its key.
#ifndef LIBSQL_VECTOR_SKETCH_LISTS_H_
#define LIBSQL_VECTOR_SKETCH_LISTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "vector/index.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

inline constexpr std::int64_t kIrregular = 0;  // Other lists have numbers from 1 on.
inline constexpr std::int64_t kChunksOfList = std::int64_t{1} << 24;

[[nodiscard]] constexpr std::int64_t list_of(std::int64_t place) { return place / kChunksOfList; }

// How entries lie in a chunk.
class ChunkShape {
 public:
  explicit ChunkShape(std::size_t sketch_size) : sketch_size_(sketch_size) {}

  [[nodiscard]] std::size_t entry_size() const noexcept {
    return sizeof(std::int64_t) + sketch_size_;
  }
  [[nodiscard]] std::size_t capacity() const noexcept;
  // Throws Failure if `data` is no chunk.
  [[nodiscard]] std::size_t entries(std::string_view data) const;
  [[nodiscard]] std::int64_t id(std::string_view data, std::size_t entry) const noexcept;
  [[nodiscard]] std::string_view sketch(std::string_view data, std::size_t entry) const noexcept {
    return data.substr(entry * entry_size() + sizeof(std::int64_t), sketch_size_);
  }
  // An empty sketch is written as zeros.
  void append(std::string& data, std::int64_t id, std::string_view sketch) const;
  void set_sketch(std::string& data, std::size_t entry, std::string_view sketch) const;
  // The entry of that id. Throws Failure if there is none.
  [[nodiscard]] std::size_t find(std::string_view data, std::int64_t id) const;

 private:
  std::size_t sketch_size_;
};

// Where a row's entry is.
struct Placed {
  std::int64_t id = 0;
  std::int64_t place = 0;
};

// Reads and writes entries, all on one connection. All functions throw SqliteFailure, Failure if
// the tables do not fit each other, std::bad_alloc.
class SketchLists {
 public:
  SketchLists(sqlite3* db, const Index& index, std::size_t sketch_size);

  // Nothing if the row has no entry.
  [[nodiscard]] std::optional<Placed> find(sqlite3_value* key);
  // The key of a row that has an entry; nothing if the id is its key. Valid until the next call.
  [[nodiscard]] sqlite3_value* key_of(std::int64_t id);

  // Adds the entry of a row that has none; returns how many the list has now.
  std::int64_t add(sqlite3_value* key, std::int64_t list, std::string_view sketch);
  // Adds the entry of a row that is known by its id, and has none in a list.
  std::int64_t move_in(std::int64_t id, std::int64_t list, std::string_view sketch);
  void replace(const Placed& placed, std::string_view sketch);
  // Removes the entry and forgets the row. Returns how many the list has now.
  std::int64_t remove(const Placed& placed);
  // Removes the entry, which comes into another list.
  std::int64_t take_out(const Placed& placed);
  // Forgets a row whose entry is gone.
  void forget(std::int64_t id);

  // The rows of a list, in its order.
  [[nodiscard]] std::vector<std::int64_t> ids(std::int64_t list);
  // Removes a list's entries; the places of the rows stay as they are.
  void clear(std::int64_t list);

  // The first chunk from a place on: its place and its ids.
  struct Chunk {
    std::int64_t place = 0;
    std::vector<std::int64_t> ids;
  };
  [[nodiscard]] std::optional<Chunk> next_chunk(std::int64_t place);

 private:
  struct Last {
    std::int64_t place = 0;
    std::string data;
  };
  [[nodiscard]] std::optional<Last> last_chunk(std::int64_t list);
  [[nodiscard]] std::string read(std::int64_t place);
  void write(std::int64_t place, std::string_view data);
  // Returns the place and how many entries the list has now.
  std::pair<std::int64_t, std::int64_t> append(std::int64_t id, std::int64_t list,
                                               std::string_view sketch);
  void set_place(std::int64_t id, std::int64_t place);
  [[nodiscard]] std::int64_t entries_up_to(std::int64_t place, std::string_view last) const;

  sqlite3* db_;
  Index index_;
  ChunkShape shape_;
  SqliteStatement find_;
  SqliteStatement key_;
  SqliteStatement know_;
  SqliteStatement set_place_;
  SqliteStatement forget_;
  SqliteStatement last_;
  SqliteStatement read_;
  SqliteStatement write_;
  SqliteStatement erase_;
  SqliteStatement next_;
};

// Writes the lists of an index that has none, chunk by chunk.
class ListFiller {
 public:
  ListFiller(sqlite3* db, const Index& index, std::size_t sketch_size);

  void add(sqlite3_value* key, std::int64_t list, std::string_view sketch);
  void finish();

 private:
  struct Open {
    std::int64_t place = 0;
    std::string data;
  };
  void write(const Open& chunk);

  sqlite3* db_;
  bool has_rowids_;
  ChunkShape shape_;
  SqliteStatement know_;
  SqliteStatement write_;
  std::map<std::int64_t, Open> open_;
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SKETCH_LISTS_H_
