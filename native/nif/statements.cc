// Statements by text, through the cache, and by id.
#include <iterator>
#include <string_view>

#include "compile.h"
#include "executor.h"
#include "ids.h"
#include "operations.h"
#include "rows.h"

namespace libsql::nif {

namespace {

Answer with_ok(Use& use, const Answer& answer) {
  return answer.give() ? answer : Answer(use.call().ok(answer.term()));
}

// SQL without a statement: nothing but white space and comments.
Term empty_result(Use& use) {
  const Atoms& atoms = use.atoms();
  return make_tuple(use.env(), atoms.unknown, atoms.nil, atoms.nil, enif_make_int(use.env(), 0));
}

OpenStatement& find_statement(Use& use, int argument) {
  const std::string_view id = use.call().binary(argument, "statement id");
  const auto number = child_number(use.call(), use.object().id(), id, kStatements);
  const auto found = use.guarded().statements.find(number);
  if (found == use.guarded().statements.end()) refuse_unknown(kStatements);
  return found->second;
}

Term optional_binary(ErlNifEnv* env, const Atoms& atoms, const std::optional<std::string>& text) {
  return text ? make_binary(env, *text) : atoms.nil;
}

Term described_columns(Use& use, const Statement& statement) {
  TermBuffer columns;
  for (const ColumnInfo& column : statement.columns()) {
    columns.push(make_tuple(use.env(), make_binary(use.env(), column.name),
                            optional_binary(use.env(), use.atoms(), column.origin),
                            optional_binary(use.env(), use.atoms(), column.declared_type)));
  }
  return columns.list(use.env());
}

Term described_parameters(Use& use, const Statement& statement) {
  TermBuffer names;
  const int count = statement.parameter_count();
  for (int index = 1; index <= count; ++index) {
    const std::string_view name = statement.parameter_name(index);
    names.push(name.empty() ? use.atoms().nil : make_binary(use.env(), name));
  }
  return names.list(use.env());
}

Answer description(Use& use, const Statement& statement) {
  return use.call().ok(make_tuple(use.env(), described_columns(use, statement),
                                  described_parameters(use, statement)));
}

Answer execute_text(Use& use, std::string_view sql, bool cache) {
  std::string_view tail;
  auto statement = compile(use.connection(), sql, cache, &tail);
  if (!statement) return use.call().ok(empty_result(use));
  if (has_statement(tail)) return use.atoms().script;
  return with_ok(use, run_statement(use, *statement, use.call().argument(2), Bindings::left));
}

}  // namespace

Term execute(Call& call) {
  const std::string_view sql = call.sql(1);
  const auto options = tuple_of(call.env(), call.argument(3), 2, "options");
  const std::int64_t timeout = integer_of(call.env(), options[0], "timeout");
  const bool cache = boolean_of(call.env(), call.atoms(), options[1], "cache");
  call.set_timeout(timeout);
  return with_connection(call, [&](Use& use) -> Answer {
    if (use.is_inline() && sql.size() > kInlineSql) return Give::up;
    return execute_text(use, sql, cache);
  });
}

Term prepare(Call& call) {
  const std::string_view sql = call.sql(1);
  return with_connection(call, [&](Use& use) -> Answer {
    if (use.is_inline() && sql.size() > kInlineSql) return Give::up;
    Guarded& guarded = use.guarded();
    OpenStatement opened{guarded.connection.prepare(sql),
                         LiveCount(call.state()->counts.statements)};
    const std::uint64_t number = guarded.next_number++;
    guarded.statements.emplace(number, std::move(opened));
    return call.ok(make_binary(use.env(), child_id(use.object().id(), kStatementLetter, number)));
  });
}

Term check(Call& call) {
  const std::string_view sql = call.sql(1);
  return with_connection(call, [&](Use& use) -> Answer {
    if (use.is_inline() && sql.size() > kInlineSql) return Give::up;
    std::string_view tail;
    const auto statement = use.connection().first(sql, &tail);
    return statement && has_statement(tail) ? use.atoms().script : use.atoms().ok;
  });
}

Term uncache(Call& call) {
  const std::string_view sql = call.sql(1);
  return with_connection_ok(call, [&](Use& use) { use.connection().uncache(sql); });
}

Term execute_statement(Call& call) {
  const std::int64_t timeout = integer_of(call.env(), call.argument(3), "timeout");
  call.set_timeout(timeout);
  return with_connection(call, [&](Use& use) -> Answer {
    OpenStatement& opened = find_statement(use, 1);
    return with_ok(use, run_statement(use, opened.statement, call.argument(2), Bindings::cleared));
  });
}

Term reset_statement(Call& call) {
  return with_connection_ok(call, [](Use& use) {
    Statement& statement = find_statement(use, 1).statement;
    statement.reset();
    statement.clear_bindings();
  });
}

Term describe_statement(Call& call) {
  return with_connection(
      call, [](Use& use) { return description(use, find_statement(use, 1).statement); });
}

Term statement_counters(Call& call) {
  return with_connection(call, [&](Use& use) -> Answer {
    const StatementCounters counters = find_statement(use, 1).statement.counters();
    ErlNifEnv* env = use.env();
    Term keys[] = {make_atom(env, "full_scan_steps"), make_atom(env, "sorts"),
                   make_atom(env, "automatic_indexes"), make_atom(env, "instructions")};
    Term values[] = {enif_make_int64(env, counters.full_scan_steps),
                     enif_make_int64(env, counters.sorts),
                     enif_make_int64(env, counters.automatic_indexes),
                     enif_make_int64(env, counters.instructions)};
    Term map = 0;
    enif_make_map_from_arrays(env, keys, values, std::size(keys), &map);
    return call.ok(map);
  });
}

Term describe(Call& call) {
  const std::string_view sql = call.sql(1);
  return with_connection(call, [&](Use& use) -> Answer {
    if (use.is_inline() && sql.size() > kInlineSql) return Give::up;
    return description(use, use.connection().cached(sql));
  });
}

Term close_statement(Call& call) {
  const std::string_view id = call.binary(0, "statement id");
  return with_connection(call, parent_of(call, id, kStatements), [&](Use& use) -> Answer {
    const auto number = child_number(call, use.object().id(), id, kStatements);
    if (use.guarded().statements.erase(number) == 0) refuse_unknown(kStatements);
    return call.atoms().ok;
  });
}

}  // namespace libsql::nif
