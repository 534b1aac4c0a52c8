// The queue of writers that the connections to a file share.
#ifndef LIBSQL_TESTING_QUEUE_OF_H_
#define LIBSQL_TESTING_QUEUE_OF_H_

#include <memory>
#include <string>

#include <sqlite3.h>

#include "local/sqlite.h"
#include "local/writer_queue.h"

namespace libsql::testing {

// Creates the file, empty, if there is none.
inline std::shared_ptr<local::WriterQueue> queue_of(const std::string& path) {
  sqlite3* raw = nullptr;
  sqlite3_open(path.c_str(), &raw);
  const local::DbHandle db(raw);
  return local::WriterQueue::of_database(raw);
}

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_QUEUE_OF_H_
