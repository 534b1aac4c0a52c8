// Which statements a replica answers by itself.
#include "replica/routes.h"

#include <gtest/gtest.h>

namespace libsql::replica {
namespace {

TEST(RoutesTest, WhatReadsIsLocal) {
  for (const char* sql :
       {"SELECT 1", " -- a comment\n WITH a AS (SELECT 1) SELECT * FROM a", "VALUES (1)",
        "EXPLAIN INSERT INTO t VALUES (1)", "PRAGMA table_info(t)", "PRAGMA user_version",
        "PRAGMA foreign_keys = ON", "", "ATTACH 'other.db' AS other"}) {
    EXPECT_TRUE(is_local(sql)) << sql;
  }
}

TEST(RoutesTest, WhatWritesIsNot) {
  for (const char* sql :
       {"INSERT INTO t VALUES (1)", "REPLACE INTO t VALUES (1)", "UPDATE t SET a = 1",
        "DELETE FROM t", "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", "CREATE TABLE t(a)",
        "DROP TABLE t", "ALTER TABLE t ADD b", "VACUUM", "ANALYZE", "REINDEX", "BEGIN",
        "SAVEPOINT s", "PRAGMA user_version = 3", "PRAGMA main.application_id(7)",
        "PRAGMA wal_checkpoint", "PRAGMA optimize"}) {
    EXPECT_FALSE(is_local(sql)) << sql;
  }
}

TEST(RoutesTest, AScriptIsLocalIfAllOfItIs) {
  EXPECT_TRUE(is_local_script("SELECT 1; SELECT 2;"));
  EXPECT_FALSE(is_local_script("SELECT 1; DELETE FROM t; SELECT 2"));
  EXPECT_FALSE(is_local_script("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE"));
}

// Ends of transactions outside of one are refused by SQLite: no round trip is needed for that.
TEST(RoutesTest, TheEndOfNoTransactionIsLocal) {
  for (const char* sql : {"COMMIT", "END", "ROLLBACK", "RELEASE s"}) {
    EXPECT_TRUE(is_local(sql)) << sql;
  }
}

}  // namespace
}  // namespace libsql::replica
