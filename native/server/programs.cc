#include "server/programs.h"

#include <string_view>
#include <utility>
#include <variant>

#include "core/sql_traces.h"
#include "server/batch_run.h"
#include "server/bind.h"
#include "server/failures.h"
#include "server/response_budget.h"
#include "server/statement_run.h"

namespace libsql::server {
namespace {

using hrana::RequestType;

// Whether the writer has heard begin(): it must hear end() then, after an error too.
class Answer {
 public:
  explicit Answer(hrana::Receiver& out) : out_(out) {}
  void begin(RequestType type, std::uint32_t steps = 0) {
    out_.begin(type, steps);
    open_ = true;
  }
  void end() {
    out_.end();
    open_ = false;
  }
  void fail(const hrana::ErrorView& error) {
    out_.error(error);
    if (open_) end();
  }

 private:
  hrana::Receiver& out_;
  bool open_ = false;
};

class Program {
 public:
  Program(SqlSession& session, Access access, hrana::Receiver& out)
      : session_(session),
        access_(access),
        out_(out, session.most_response_bytes()),
        answer_(out) {}

  void operator()(const hrana::Execute& request) {
    if (session_.begin_program()) throw_transaction_timeout();
    StatementRun run(session_);
    run.start(request.stmt, access_);
    answer_.begin(RequestType::execute);
    out_.step_begin(0, run.columns());
    bool wanted = request.stmt.want_rows;
    while (const auto row = run.next()) {
      if (wanted) wanted = out_.row(*row);
    }
    out_.step_end(run.finish());
    answer_.end();
  }

  void operator()(const hrana::RunBatch& request) {
    BatchRun run(session_, request.batch, access_);
    answer_.begin(RequestType::batch, static_cast<std::uint32_t>(request.batch.steps.size()));
    static_cast<void>(run.advance(out_, BatchRun::everything()));
    out_.replication_index(session_.replication_index());
    answer_.end();
  }

  void operator()(const hrana::Sequence& request) {
    if (session_.begin_program()) throw_transaction_timeout();
    auto rest = std::get<std::string_view>(request.sql);
    while (run_first(rest)) {
    }
    answer_.begin(RequestType::sequence);
    answer_.end();
  }

  void operator()(const hrana::Describe& request) {
    std::string_view tail;
    const auto sql = std::get<std::string_view>(request.sql);
    const std::optional<Statement> statement = session_.connection_for(sql).first(sql, tail);
    if (!statement) throw SqlError("SQL_NO_STATEMENT", "SQL string does not contain any statement");
    answer_.begin(RequestType::describe);
    describe(*statement);
    answer_.end();
  }

  void operator()(const hrana::GetAutocommit& /*request*/) {
    const bool is_autocommit = !session_.in_transaction();
    answer_.begin(RequestType::get_autocommit);
    out_.autocommit(is_autocommit);
    answer_.end();
  }

  // The others have happened already.
  template <typename Request>
  void operator()(const Request& request) {
    answer_.begin(hrana::type_of(hrana::Request(request)));
    answer_.end();
  }

  void fail(const hrana::ErrorView& error) { answer_.fail(error); }

 private:
  // Runs the first statement of `rest`, which then begins behind it. False if there is none.
  bool run_first(std::string_view& rest) {
    std::string_view tail;
    if (!session_.connection_for(rest).first(rest, tail)) return false;
    hrana::Stmt stmt;
    stmt.sql = rest.substr(0, rest.size() - tail.size());
    StatementRun run(session_);
    run.start(stmt, access_);
    while (run.next()) {
    }
    static_cast<void>(run.finish());
    rest = tail;
    return true;
  }

  void describe(const Statement& statement) {
    const std::vector<ColumnInfo> columns = statement.columns();
    hrana::Description description;
    for (int index = 1; index <= statement.parameter_count(); ++index) {
      const std::string_view name = statement.parameter_name(index);
      description.parameters.push_back(name.empty() ? hrana::OptionalText() : name);
    }
    for (const ColumnInfo& info : columns) {
      hrana::DescribedColumn& column = description.columns.emplace_back();
      column.name = info.name;
      if (info.declared_type) column.declared_type = *info.declared_type;
    }
    description.is_explain = core::is_explain(statement.sql());
    description.is_readonly = statement.read_only();
    out_.description(description);
  }

  SqlSession& session_;
  const Access access_;
  ResponseBudget out_;
  Answer answer_;
};

}  // namespace

void answer(SqlSession& session, const hrana::Request& request, Access access,
            hrana::Receiver& out) {
  Program program(session, access, out);
  try {
    std::visit(program, request);
  } catch (const SqlError& error) {
    program.fail(error.view());
  } catch (const Error& error) {
    program.fail(sql_error(error).view());
  } catch (const ResponseTooLarge&) {
    program.fail({"Response is too large; read it through a cursor", "RESPONSE_TOO_LARGE", {}});
  }
}

}  // namespace libsql::server
