#include "server/sql_store.h"

#include <utility>
#include <variant>

#include "server/failures.h"

namespace libsql::server {

void SqlStore::put(std::int32_t id, std::string_view sql) {
  if (sql.size() > limits_.bytes_per_text) {
    throw SqlError("SQL_STORE_TOO_LARGE", "the text has " + std::to_string(sql.size()) +
                                              " bytes; one that is stored may have " +
                                              std::to_string(limits_.bytes_per_text));
  }
  if (texts_.size() >= limits_.texts && texts_.count(id) == 0) {
    throw SqlError("SQL_STORE_TOO_MANY", std::to_string(limits_.texts) +
                                             " texts are stored, which is the limit; close one");
  }
  texts_.insert_or_assign(id, std::make_shared<const std::string>(sql));
}

std::shared_ptr<const std::string> SqlStore::find(std::int32_t id) const {
  const auto found = texts_.find(id);
  if (found != texts_.end()) return found->second;
  throw protocol_error("no SQL is stored with the id " + std::to_string(id));
}

void ResolvedSql::resolve(hrana::SqlSource& sql, const SqlStore& store) {
  const auto* const id = std::get_if<std::int32_t>(&sql);
  if (id == nullptr) return;
  texts_.push_back(store.find(*id));
  sql = std::string_view(*texts_.back());
}

void ResolvedSql::resolve(hrana::Batch& batch, const SqlStore& store) {
  for (hrana::BatchStep& step : batch.steps) resolve(step.stmt.sql, store);
}

void ResolvedSql::resolve(hrana::Request& request, const SqlStore& store) {
  if (auto* const execute = std::get_if<hrana::Execute>(&request)) {
    resolve(execute->stmt.sql, store);
  } else if (auto* const batch = std::get_if<hrana::RunBatch>(&request)) {
    resolve(batch->batch, store);
  } else if (auto* const cursor = std::get_if<hrana::OpenCursor>(&request)) {
    resolve(cursor->batch, store);
  } else if (auto* const sequence = std::get_if<hrana::Sequence>(&request)) {
    resolve(sequence->sql, store);
  } else if (auto* const describe = std::get_if<hrana::Describe>(&request)) {
    resolve(describe->sql, store);
  }
}

}  // namespace libsql::server
