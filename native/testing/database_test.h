// Fixtures with a database.
#ifndef LIBSQL_TESTING_DATABASE_TEST_H_
#define LIBSQL_TESTING_DATABASE_TEST_H_

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "libsql/database.h"
#include "testing/query.h"
#include "testing/temporary_directory.h"

namespace libsql::testing {

// A connection to a database in memory.
class MemoryTest : public ::testing::Test {
 protected:
  std::string query(std::string_view sql, const std::vector<Value>& values = {}) {
    return testing::query(db_, sql, values);
  }
  Connection db_ = Database(":memory:").connect();
};

// A folder with a database file, and connections to it.
class FileTest : public ::testing::Test {
 protected:
  [[nodiscard]] Connection connect(Options options = {}) const {
    return Database(path(), std::move(options)).connect();
  }
  [[nodiscard]] std::string path(const std::string& name = "test.db") const {
    return directory_.path(name);
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_DATABASE_TEST_H_
