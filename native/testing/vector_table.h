// A table of random vectors with an index, and what a search over it is to find.
#ifndef LIBSQL_TESTING_VECTOR_TABLE_H_
#define LIBSQL_TESTING_VECTOR_TABLE_H_

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libsql/database.h"
#include "testing/query.h"

namespace libsql::testing {

inline constexpr int kVectorDimensions = 24;

// Vectors in clusters around points that are all on one side of the origin, as images are.
class VectorData {
 public:
  explicit VectorData(unsigned seed) : random_(seed) {
    for (auto& centre : centres_) {
      for (float& value : centre) value = 1 + number();
    }
  }

  std::string text() {
    const auto& centre = centres_[random_() % centres_.size()];
    std::string text = "[";
    for (const float value : centre) text += std::to_string(value + number() / 2) + ",";
    text.back() = ']';
    return text;
  }
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

 private:
  float number() { return std::normal_distribution<float>()(random_); }

  std::mt19937 random_;
  std::vector<std::vector<float>> centres_{20, std::vector<float>(kVectorDimensions)};
};

// What a search finds and what measuring all rows finds.
struct Recall {
  int found = 0;
  int wanted = 0;
  void expect_enough() const { EXPECT_GE(found, 0.95 * wanted) << found << " of " << wanted; }
};

// t(id, u, c, v) with the partial index i on v, which holds the rows with c < 9. Rows are written
// at random; a part of them REPLACEs others.
class VectorTable {
 public:
  VectorTable(Connection& db, VectorData& data, const std::string& type, const std::string& make,
              const std::string& metric)
      : db_(db), data_(data), make_(make), metric_(metric) {
    db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, c, v " + type + "(24))");
    db_.execute("CREATE INDEX i ON t(libsql_vector_idx(v, 'metric=" + metric + "')) WHERE c < 9");
  }

  void fill(int rows) {
    rows_ = static_cast<unsigned>(rows);
    db_.execute("BEGIN");
    for (int i = 0; i < rows; ++i) {
      write_row("INSERT INTO t(u, c, v) VALUES (?, ?, " + make_ + "(?))", i);
    }
    db_.execute("COMMIT");
  }

  void write() {
    const auto id = static_cast<int>(data_.below(2 * rows_));
    switch (data_.below(5)) {
      case 0:
        db_.execute("DELETE FROM t WHERE id = " + std::to_string(id));
        break;
      case 1:
        db_.execute("UPDATE OR IGNORE t SET id = id + 20000, c = 8 WHERE id = " +
                    std::to_string(id));
        break;
      case 2:  // Deletes another row, of which no trigger tells.
        write_row("REPLACE INTO t(u, c, v) VALUES (?, ?, " + make_ + "(?))", id / 2);
        break;
      case 3:
        db_.execute("UPDATE t SET v = NULL WHERE id = " + std::to_string(id));
        break;
      default:
        write_row("INSERT INTO t(u, c, v) VALUES (?, ?, " + make_ +
                      "(?)) ON CONFLICT(u) DO UPDATE SET v = excluded.v, c = excluded.c",
                  id);
    }
  }

  // Many rows at once, in one part of the table.
  void write_many() {
    const std::string from = std::to_string(data_.below(2 * rows_));
    if (data_.below(2) == 0) {
      db_.execute("DELETE FROM t WHERE id BETWEEN " + from + " AND " + from + " + 300");
      return;
    }
    const std::string vector = data_.text();
    for (int i = 0; i < 40; ++i) {
      db_.execute("INSERT OR IGNORE INTO t(c, v) VALUES (3, " + make_ + "(?))", vector);
      write_row("REPLACE INTO t(u, c, v) VALUES (?, ?, " + make_ + "(?))",
                static_cast<int>(data_.below(rows_)));
    }
  }

  void check(Recall& recall) {
    const std::vector<Value> wanted = {Value(data_.text())};
    const auto found = rows("SELECT id FROM vector_top_k('i', " + make_ + "(?1), 10)", wanted);
    const auto exact = rows(
        "SELECT id FROM t WHERE c < 9 AND v IS NOT NULL ORDER BY "
        "vector_distance_" +
            metric_ + "(v, " + make_ + "(?1)), id LIMIT 10",
        wanted);
    ASSERT_EQ(found.size(), exact.size());
    for (const std::string& id : exact) {
      ++recall.wanted;
      if (std::find(found.begin(), found.end(), id) != found.end()) ++recall.found;
    }
    EXPECT_EQ(found, rows("SELECT id FROM vector_top_k('i', " + make_ + "(?1), 10)", wanted));
  }

  void check_all() {
    EXPECT_EQ(query(db_, "SELECT vector_index_check('i')"), "'ok'");
    const std::vector<Value> wanted = {Value(data_.text())};
    EXPECT_EQ(rows("SELECT id FROM vector_top_k('i', " + make_ + "(?1), 99999)", wanted),
              rows("SELECT id FROM t WHERE c < 9 AND v IS NOT NULL ORDER BY vector_distance_" +
                       metric_ + "(v, " + make_ + "(?1)), id",
                   wanted));
  }

 private:
  void write_row(const std::string& sql, int unique) {
    db_.execute(sql, unique, std::int64_t{data_.below(10)}, data_.text());
  }
  std::vector<std::string> rows(const std::string& sql, const std::vector<Value>& values) {
    std::vector<std::string> ids;
    Statement statement = db_.prepare(sql);
    statement.bind(1, values[0]);
    while (statement.step() == Step::row) {
      ids.push_back(std::to_string(statement.column(0).integer()));
    }
    return ids;
  }

  Connection& db_;
  VectorData& data_;
  std::string make_;
  std::string metric_;
  unsigned rows_ = 1;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_VECTOR_TABLE_H_
