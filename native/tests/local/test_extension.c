/* A loadable extension with two entry points, for the tests of loading. */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

static void answer(sqlite3_context* context, int count, sqlite3_value** values) {
  (void)count;
  (void)values;
  sqlite3_result_int(context, 42);
}

/* The entry point SQLite looks for in libsql_test_extension.so. */
int sqlite3_extension_init(sqlite3* db, char** message, const sqlite3_api_routines* api) {
  (void)message;
  SQLITE_EXTENSION_INIT2(api);
  return sqlite3_create_function(db, "test_answer", 0, SQLITE_UTF8, 0, answer, 0, 0);
}

int other_entry_point(sqlite3* db, char** message, const sqlite3_api_routines* api) {
  (void)message;
  SQLITE_EXTENSION_INIT2(api);
  return sqlite3_create_function(db, "other_answer", 0, SQLITE_UTF8, 0, answer, 0, 0);
}
