// Properties: values are read back as they were bound, and statements do what plain SQLite does.
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sqlite3.h>

#include "libsql/database.h"
#include "testing/query.h"

namespace libsql {
namespace {

rc::Gen<Value> any_value() {
  const auto bytes = rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  const auto special = rc::gen::element<double>(
      0.1, 1e308, -1e-308, 5e-324, 123456789.123456789, 1.0 / 3, -2.2250738585072014e-308,
      std::numeric_limits<double>::max(), std::numeric_limits<double>::infinity());
  return rc::gen::oneOf(
      rc::gen::just(Value()),
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t n) { return Value(n); }),
      rc::gen::element<Value>(std::numeric_limits<std::int64_t>::min(),
                              std::numeric_limits<std::int64_t>::max()),
      rc::gen::map(rc::gen::arbitrary<double>(), [](double n) { return Value(n); }),
      rc::gen::map(special, [](double n) { return Value(n); }),
      rc::gen::map(rc::gen::string<std::string>(),
                   [](const std::string& s) {
                     return is_utf8(s) ? Value(s) : Value(std::string("not ascii: \xC3\xA4"));
                   }),
      rc::gen::map(bytes, [](const std::string& s) { return ValueView::blob(s).to_value(); }));
}

RC_GTEST_PROP(PropertyTest, BoundValuesComeBack, ()) {
  static Connection db = Database(":memory:").connect();
  const Value value = *any_value();
  const ValueView view(value);
  RC_ASSERT(db.query_one("SELECT ?", {&view, 1}) == value);
}

RC_GTEST_PROP(PropertyTest, StoredValuesComeBack, ()) {
  static Connection db = [] {
    Connection made = Database(":memory:").connect();
    made.execute("CREATE TABLE t(a BLOB)");
    return made;
  }();
  const Value value = *any_value();
  db.execute("DELETE FROM t");
  db.execute("INSERT INTO t VALUES (?)", value);
  RC_ASSERT(db.query_one("SELECT a FROM t") == value);
}

// SQLite before 3.43 reads decimal text with an error in the last bits: see
// sqlite.org/floatingpoint.html
bool nearly_equal(double a, double b) {
  return a == b || (a - b <= 1e-15 * (a < 0 ? -a : a) && b - a <= 1e-15 * (a < 0 ? -a : a));
}

RC_GTEST_PROP(PropertyTest, LiteralsComeBack, ()) {
  static Connection db = Database(":memory:").connect();
  const Value value = *any_value();
  const Value back = db.query_one("SELECT " + quote_value(value));
  if (const double* const real = std::get_if<double>(&value)) {
    RC_ASSERT(nearly_equal(*real, std::get<double>(back)));
  } else {
    RC_ASSERT(back == value);
  }
}

// --- Our statements against plain SQLite ---

rc::Gen<std::string> expression() {
  return rc::gen::element<std::string>("a", "b", "a + b", "a || 'x'", "NULL", "-7", "2.5",
                                       "X'00ff'", "length(b)", "a / 0", "abs(a)",
                                       "(SELECT count(*) FROM t)", "CAST(b AS INTEGER)",
                                       "4611686018427387904", "missing", "'it''s'");
}

std::string one_of(std::initializer_list<const char*> texts) {
  return *rc::gen::elementOf(std::vector<std::string>(texts.begin(), texts.end()));
}

std::string random_statement() {
  const std::string e1 = *expression();
  const std::string e2 = *expression();
  const std::string table = one_of({"t", "u", "missing"});
  const std::string conflict =
      one_of({"", "OR REPLACE ", "OR IGNORE ", "OR ROLLBACK ", "OR FAIL "});
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
      return "SELECT " + e1 + ", " + e2 + " FROM " + table + " ORDER BY 1, 2";
    case 1:
      return "INSERT " + conflict + "INTO " + table + " VALUES (1, 'one')";
    case 2:
      return "INSERT " + conflict + "INTO t SELECT " + e1 + ", " + e2 + " FROM u RETURNING a, b";
    case 3:
      return "UPDATE " + conflict + table + " SET a = " + e1 + " WHERE b > " + e2;
    case 4:
      return "DELETE FROM " + table + " WHERE a < " + e1 + " RETURNING *";
    case 5:
      return one_of({"BEGIN", "COMMIT", "ROLLBACK", "BEGIN IMMEDIATE", "END"});
    case 6:
      return one_of({"SAVEPOINT s", "RELEASE s", "ROLLBACK TO s", "SAVEPOINT \"s 2\"",
                     "ROLLBACK TO \"s 2\""});
    case 7:
      return one_of({"CREATE TABLE x(a)", "DROP TABLE x", "ALTER TABLE u ADD COLUMN c",
                     "CREATE INDEX i ON t(b)", "PRAGMA user_version = 3", "not SQL"});
    default:
      return "VALUES (" + one_of({"1", "'x'", "NULL", "1.5"}) + "), (2)";
  }
}

constexpr const char* kSchema =
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE CHECK (length(b) < 9));"
    "CREATE TABLE u(a NOT NULL, b); INSERT INTO u VALUES (1, 'one'), (2, 2.5), (3, NULL);";

// What a statement did, on either side.
struct Outcome {
  std::string rows;
  int code = 0;
  std::string message;
  std::int64_t total_changes = 0;
  bool in_transaction = false;
  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << "[" << outcome.rows << "] code " << outcome.code << " '" << outcome.message << "' "
             << outcome.total_changes << (outcome.in_transaction ? " in a transaction" : "");
}

class Ours {
 public:
  Ours() { db_.execute_script(kSchema); }

  Outcome run(const std::string& sql) {
    Outcome outcome;
    try {
      outcome.rows = testing::query(db_, sql);
    } catch (const Error& error) {
      outcome.code = error.extended_code();
      outcome.message = error.message();
    }
    outcome.total_changes = db_.total_changes();
    outcome.in_transaction = db_.in_transaction();
    return outcome;
  }

 private:
  Connection db_ = Database(":memory:").connect();
};

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

class Plain {
 public:
  Plain() {
    sqlite3* db = nullptr;
    sqlite3_open(":memory:", &db);
    db_.reset(db);
    sqlite3_extended_result_codes(db, 1);
    sqlite3_exec(db, "PRAGMA foreign_keys = ON", nullptr, nullptr, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_exec(db, kSchema, nullptr, nullptr, nullptr);
  }

  Outcome run(const std::string& sql) {
    Outcome outcome;
    sqlite3_stmt* raw = nullptr;
    int rc = sqlite3_prepare_v2(db_.get(), sql.c_str(), -1, &raw, nullptr);
    const std::unique_ptr<sqlite3_stmt, Close> statement(raw);
    if (rc == SQLITE_OK) {
      while ((rc = sqlite3_step(raw)) == SQLITE_ROW) add_row(raw, &outcome.rows);
    }
    if (rc != SQLITE_DONE) {
      outcome.rows.clear();
      outcome.code = sqlite3_extended_errcode(db_.get());
      outcome.message = sqlite3_errmsg(db_.get());
      sqlite3_reset(raw);
    }
    outcome.total_changes = sqlite3_total_changes64(db_.get());
    outcome.in_transaction = sqlite3_get_autocommit(db_.get()) == 0;
    return outcome;
  }

 private:
  static ValueView column(sqlite3_stmt* statement, int i) {
    const auto bytes = [&] {
      const auto* const data = static_cast<const char*>(sqlite3_column_blob(statement, i));
      return std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement, i)));
    };
    switch (sqlite3_column_type(statement, i)) {
      case SQLITE_INTEGER:
        return static_cast<std::int64_t>(sqlite3_column_int64(statement, i));
      case SQLITE_FLOAT:
        return sqlite3_column_double(statement, i);
      case SQLITE_TEXT:
        return bytes();
      case SQLITE_BLOB:
        return ValueView::blob(bytes());
      default:
        return nullptr;
    }
  }
  static void add_row(sqlite3_stmt* statement, std::string* rows) {
    std::string row;
    for (int i = 0; i < sqlite3_data_count(statement); ++i) {
      row += (row.empty() ? "" : "|") + quote_value(column(statement, i));
    }
    *rows += (rows->empty() ? "" : "\n") + row;
  }

  std::unique_ptr<sqlite3, Close> db_;
};

RC_GTEST_PROP(PropertyTest, RandomStatementsDoWhatPlainSqliteDoes, ()) {
  Ours ours;
  Plain plain;
  const int count = *rc::gen::inRange(1, 40);
  for (int i = 0; i < count; ++i) {
    const std::string sql = random_statement();
    const Outcome got = ours.run(sql);
    const Outcome expected = plain.run(sql);
    if (!(got == expected)) {
      std::ostringstream text;
      text << sql << "\nours:  " << got << "\nplain: " << expected;
      RC_FAIL(text.str());
    }
  }
}

}  // namespace
}  // namespace libsql
