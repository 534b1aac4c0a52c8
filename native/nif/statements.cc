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

Answer with_ok(LockedConnection& locked, const Answer& answer) {
  return answer.continuation() ? answer : Answer(locked.call().ok(answer.term()));
}

// SQL without a statement: nothing but white space and comments.
Term empty_result(LockedConnection& locked) {
  const Atoms& atoms = locked.atoms();
  return make_tuple(locked.env(), atoms.unknown, atoms.nil, atoms.nil,
                    enif_make_int(locked.env(), 0));
}

OpenStatement& find_statement(LockedConnection& locked, int argument) {
  const std::string_view id = locked.call().binary(argument, "statement id");
  const auto number = child_number(locked.call(), locked.object().id(), id, IdKind::statement);
  const auto found = locked.contents().statements.find(number);
  if (found == locked.contents().statements.end()) throw Failure::not_found(IdKind::statement);
  return found->second;
}

Term optional_binary(ErlNifEnv* env, const Atoms& atoms, const std::optional<std::string>& text) {
  return text ? make_binary(env, *text) : atoms.nil;
}

Term described_columns(LockedConnection& locked, const Statement& statement) {
  TermBuffer columns;
  for (const ColumnInfo& column : statement.columns()) {
    columns.push(make_tuple(locked.env(), make_binary(locked.env(), column.name),
                            optional_binary(locked.env(), locked.atoms(), column.origin),
                            optional_binary(locked.env(), locked.atoms(), column.declared_type)));
  }
  return columns.list(locked.env());
}

Term described_parameters(LockedConnection& locked, const Statement& statement) {
  TermBuffer names;
  const int count = statement.parameter_count();
  for (int index = 1; index <= count; ++index) {
    const std::string_view name = statement.parameter_name(index);
    names.push(name.empty() ? locked.atoms().nil : make_binary(locked.env(), name));
  }
  return names.list(locked.env());
}

Answer description(LockedConnection& locked, const Statement& statement) {
  return locked.call().ok(make_tuple(locked.env(), described_columns(locked, statement),
                                     described_parameters(locked, statement)));
}

Answer execute_text(LockedConnection& locked, std::string_view sql, bool cache) {
  std::string_view tail;
  auto statement = compile(locked.connection(), sql, cache, tail);
  if (!statement) return locked.call().ok(empty_result(locked));
  if (has_statement(tail)) return locked.atoms().script;
  return with_ok(locked,
                 run_statement(locked, *statement, locked.call().argument(2), Bindings::left));
}

}  // namespace

Term execute(Call& call) {
  const std::string_view sql = call.sql(1);
  const auto options = tuple_of(call.env(), call.argument(3), 2, "options");
  const std::int64_t timeout = integer_of(call.env(), options[0], "timeout");
  const bool cache = boolean_of(call.env(), call.atoms(), options[1], "cache");
  call.set_timeout(timeout);
  call.is_one_statement();
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    if (locked.is_inline() && sql.size() > kInlineSql) return Continuation::dirty_scheduler;
    return execute_text(locked, sql, cache);
  });
}

Term prepare(Call& call) {
  const std::string_view sql = call.sql(1);
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    if (locked.is_inline() && sql.size() > kInlineSql) return Continuation::dirty_scheduler;
    ConnectionContents& contents = locked.contents();
    OpenStatement opened{contents.connection.prepare(sql),
                         LiveCount(call.state()->counts.statements)};
    const std::uint64_t number = contents.next_number++;
    contents.statements.emplace(number, std::move(opened));
    return call.ok(
        make_binary(locked.env(), child_id(locked.object().id(), IdKind::statement, number)));
  });
}

Term check(Call& call) {
  const std::string_view sql = call.sql(1);
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    if (locked.is_inline() && sql.size() > kInlineSql) return Continuation::dirty_scheduler;
    std::string_view tail;
    const auto statement = locked.connection().first(sql, tail);
    return statement && has_statement(tail) ? locked.atoms().script : locked.atoms().ok;
  });
}

Term uncache(Call& call) {
  const std::string_view sql = call.sql(1);
  return with_connection_ok(call,
                            [&](LockedConnection& locked) { locked.connection().uncache(sql); });
}

Term execute_statement(Call& call) {
  const std::int64_t timeout = integer_of(call.env(), call.argument(3), "timeout");
  call.set_timeout(timeout);
  call.is_one_statement();
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    OpenStatement& opened = find_statement(locked, 1);
    return with_ok(locked,
                   run_statement(locked, opened.statement, call.argument(2), Bindings::cleared));
  });
}

Term reset_statement(Call& call) {
  return with_connection_ok(call, [](LockedConnection& locked) {
    Statement& statement = find_statement(locked, 1).statement;
    statement.reset();
    statement.clear_bindings();
  });
}

Term describe_statement(Call& call) {
  return with_connection(call, [](LockedConnection& locked) {
    return description(locked, find_statement(locked, 1).statement);
  });
}

Term statement_counters(Call& call) {
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    const StatementCounters counters = find_statement(locked, 1).statement.counters();
    ErlNifEnv* env = locked.env();
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
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    if (locked.is_inline() && sql.size() > kInlineSql) return Continuation::dirty_scheduler;
    return description(locked, locked.connection().cached(sql));
  });
}

Term close_statement(Call& call) {
  const std::string_view id = call.binary(0, "statement id");
  return with_connection(
      call, parent_of(call, id, IdKind::statement), [&](LockedConnection& locked) -> Answer {
        const auto number = child_number(call, locked.object().id(), id, IdKind::statement);
        if (locked.contents().statements.erase(number) == 0)
          throw Failure::not_found(IdKind::statement);
        return call.atoms().ok;
      });
}

}  // namespace libsql::nif
