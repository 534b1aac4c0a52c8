// What CREATE INDEX over vectors, REINDEX, DROP INDEX and DROP TABLE do besides what SQLite does.
#ifndef LIBSQL_VECTOR_DEFINITION_H_
#define LIBSQL_VECTOR_DEFINITION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sqlite3.h>

#include "vector/build_progress.h"
#include "vector/index.h"

namespace libsql::vector {

// A statement that makes an index on vectors, makes it again or may end it. Whoever runs it opens a
// transaction or a savepoint, calls before(), runs the statement, calls after(), and takes all of
// it back when something throws. Both throw Failure, and SqliteFailure with SQLite's code;
// std::bad_alloc. A build that fails is left running in the BuildProgress: the caller knows the
// error.
class Definition {
 public:
  // Nothing if `sql` is another statement, or drops something where no index on vectors is known.
  [[nodiscard]] static std::optional<Definition> of(sqlite3* db, std::string_view sql);

  void before(sqlite3* db);
  // Makes the virtual table and the triggers of an index that is new or made again, checks the rows
  // that are there and sketches them; removes what belonged to indexes that are gone.
  void after(sqlite3* db, BuildProgress& progress);

 private:
  // Where the index may be that the statement creates; none if it drops something.
  std::vector<IndexName> candidates_;
  // What a REINDEX names. Either part may be empty.
  std::optional<IndexName> reindexed_;
};

// Makes an index that libSQL has built one of ours, as REINDEX does: SQLite's own index is filled,
// what libSQL kept for it is removed. Within a transaction or a savepoint of the caller's, who
// takes it back when this throws: Failure, SqliteFailure, std::bad_alloc.
void adopt(sqlite3* db, const IndexName& index, BuildProgress& progress);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_DEFINITION_H_
