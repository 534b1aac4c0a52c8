// Reads records and inserts them with one prepared statement, in one transaction.
#include "shell/import.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "libsql/error.h"
#include "libsql/sql.h"
#include "shell/command_error.h"
#include "shell/progress_bar.h"

namespace libsql::shell {
namespace {

// The columns that an INSERT can fill: neither generated nor hidden.
std::vector<std::string> columns_of(Connection& connection, const Import& request) {
  Statement statement = connection.prepare(
      "SELECT name FROM pragma_table_xinfo(?, nullif(?, '')) WHERE hidden = 0 ORDER BY cid");
  statement.bind(1, request.table);
  statement.bind(2, request.schema);
  std::vector<std::string> names;
  while (statement.step() == Step::row) names.emplace_back(statement.column(0).bytes());
  return names;
}

std::string join_names(const std::vector<std::string>& names, std::string_view suffix) {
  std::string list;
  for (const std::string& name : names) {
    if (!list.empty()) list += ", ";
    list.append(quote_identifier(name)).append(suffix);
  }
  return list;
}

std::string table_text(const Import& request) {
  const std::string table = quote_identifier(request.table);
  return request.schema.empty() ? table : quote_identifier(request.schema) + "." + table;
}

std::string insert_text(const Import& request, const std::vector<std::string>& columns) {
  std::string marks;
  for (std::size_t i = 0; i < columns.size(); ++i) marks += i == 0 ? "?" : ", ?";
  return "INSERT INTO " + table_text(request) + " (" + join_names(columns, "") + ") VALUES (" +
         marks + ")";
}

// All of an import or nothing: a transaction, or a savepoint inside the one that is open.
class ImportScope {
 public:
  explicit ImportScope(Connection& connection)
      : connection_(connection), nested_(connection.in_transaction()) {
    if (nested_) {
      connection_.savepoint(kName);
    } else {
      connection_.begin_transaction(TransactionMode::immediate);
    }
  }
  ImportScope(const ImportScope&) = delete;
  ImportScope& operator=(const ImportScope&) = delete;
  ~ImportScope() {
    if (kept_) return;
    try {
      if (!nested_) {
        connection_.rollback();
      } else if (connection_.in_transaction()) {
        connection_.rollback_to_savepoint(kName);
        connection_.release_savepoint(kName);
      }
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
      // The next statement reports the error again.
    }
  }

  void keep() {
    if (nested_) {
      connection_.release_savepoint(kName);
    } else {
      kept_ = true;  // A commit that is refused rolls back.
      connection_.commit();
    }
    kept_ = true;
  }

 private:
  static constexpr std::string_view kName = "libsql_import";

  Connection& connection_;
  const bool nested_;
  bool kept_ = false;
};

// One run of an import.
class Importer {
 public:
  Importer(Connection& connection, const Import& request, std::istream& in)
      : connection_(connection), request_(request), reader_(in, request.delimiters) {}

  std::uint64_t run(const std::function<bool()>& cancelled, ProgressBar& bar) {
    ImportScope scope(connection_);
    for (std::uint64_t i = 0; i < request_.skip; ++i) reader_.next(record_);
    const std::vector<std::string> columns = open_table();
    Statement insert = connection_.prepare(insert_text(request_, columns));
    std::uint64_t rows = 0;
    while (reader_.next(record_)) {
      if (is_blank_line(columns.size())) continue;
      insert_record(insert, columns.size());
      ++rows;
      if (cancelled()) throw Error(ErrorKind::interrupted, "interrupted");
      bar.update(reader_.bytes());
    }
    scope.keep();
    return rows;
  }

  [[nodiscard]] std::size_t line() const noexcept { return reader_.line(); }

 private:
  // Creates the table if it is missing, from the header.
  std::vector<std::string> open_table() {
    std::vector<std::string> columns = columns_of(connection_, request_);
    if (!columns.empty()) return columns;
    if (!reader_.next(record_)) {
      throw CommandError("no such table: " + request_.table + ", and no header to create it from");
    }
    check_encoding();
    for (const CsvField& field : record_) {
      if (field.text.find('\r') != std::string::npos && !field.quoted) {
        throw CommandError("the header contains a carriage return; lines must end in LF or CRLF");
      }
      columns.push_back(field.text);
    }
    connection_.execute("CREATE TABLE " + table_text(request_) + " (" +
                        join_names(columns, " TEXT") + ")");
    return columns;
  }

  // Editors leave blank lines at the end. In a table with one column a blank line is a row.
  [[nodiscard]] bool is_blank_line(std::size_t columns) const {
    return columns > 1 && record_.size() == 1 && record_[0].text.empty() && !record_[0].quoted;
  }

  void check_encoding() const {
    for (std::size_t i = 0; i < record_.size(); ++i) {
      if (is_utf8(record_[i].text)) continue;
      throw CommandError("field " + std::to_string(i + 1) +
                         " is not in UTF-8; convert the file first, for instance with iconv");
    }
  }

  void insert_record(Statement& insert, std::size_t columns) {
    if (record_.size() != columns) {
      throw CommandError("expected " + std::to_string(columns) + " fields, found " +
                         std::to_string(record_.size()));
    }
    check_encoding();
    values_.clear();
    for (const CsvField& field : record_) {
      const bool null = field.text.empty() && !field.quoted;
      values_.push_back(null ? ValueView() : ValueView(std::string_view(field.text)));
    }
    insert.bind_all(values_);
    insert.execute();
  }

  Connection& connection_;
  const Import& request_;
  CsvReader reader_;
  std::vector<CsvField> record_;
  std::vector<ValueView> values_;
};

}  // namespace

std::uint64_t import_file(CurrentDatabase& database, const Import& request,
                          const std::function<bool()>& cancelled) {
  std::ifstream in(request.file, std::ios::binary);
  std::error_code failure;
  if (!in || std::filesystem::is_directory(request.file, failure)) {
    throw CommandError("cannot read " + request.file);
  }
  const std::uintmax_t size = std::filesystem::file_size(request.file, failure);
  ProgressBar bar("importing", failure ? 0 : size);
  Importer importer(database.writable(), request, in);
  const auto refuse = [&](std::size_t line, const std::string& reason) {
    throw CommandError(request.file + ":" + std::to_string(line) + ": " + reason +
                       "; nothing was imported");
  };
  std::uint64_t rows = 0;
  try {
    rows = importer.run(cancelled, bar);
  } catch (const CsvError& error) {
    refuse(error.line(), error.what());
  } catch (const CommandError& error) {
    refuse(importer.line(), error.what());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;
    refuse(importer.line(), error.message());
  }
  return rows;
}

}  // namespace libsql::shell
