// Cursors: a statement that is stepped a portion at a time.
#include <string>
#include <string_view>

#include "compile.h"
#include "executor.h"
#include "ids.h"
#include "operations.h"
#include "params.h"
#include "rows.h"

namespace libsql::nif {

namespace {

std::uint64_t open_transaction(const Connection& connection) {
  return connection.in_transaction() ? connection.transaction_serial() : 0;
}

// Errors: Failure not_found, also for a cursor whose transaction has ended.
auto find_cursor(Use& use, std::string_view id) {
  auto& cursors = use.guarded().cursors;
  const auto found = cursors.find(child_number(use.call(), use.object().id(), id, kCursors));
  if (found == cursors.end()) refuse_unknown(kCursors);
  const std::uint64_t transaction = found->second.transaction;
  if (transaction != 0 && transaction != open_transaction(use.connection())) {
    cursors.erase(found);
    refuse_unknown(kCursors);
  }
  return found;
}

Answer portion(Use& use, Cursor& cursor, std::int64_t most) {
  RowEncoder rows(use.env(), use.atoms());
  const auto taken = [&] { return static_cast<std::int64_t>(rows.count()); };
  while (taken() < most) {
    const auto row = cursor.next();
    if (!row) break;
    rows.add(*row);
  }
  const Atoms& atoms = use.atoms();
  const Term columns = column_names(use.env(), cursor.statement());
  return use.call().ok(make_tuple(use.env(), columns, rows.list(),
                                  enif_make_int64(use.env(), taken()),
                                  cursor.done() ? atoms.true_ : atoms.false_));
}

}  // namespace

Term open_cursor(Call& call) {
  const std::string_view sql = call.sql(1);
  return with_connection(call, [&](Use& use) -> Answer {
    if (use.is_inline() && sql.size() > kInlineSql) return Give::up;
    Guarded& guarded = use.guarded();
    auto values =
        parameter_values(use.env(), use.atoms(), guarded.connection.cached(sql), call.argument(2));
    OpenCursor opened{guarded.connection.open_cursor(sql, std::move(values)),
                      open_transaction(guarded.connection),
                      LiveCount(call.state()->counts.cursors)};
    const std::uint64_t number = guarded.next_number++;
    guarded.cursors.emplace(number, std::move(opened));
    return call.ok(make_binary(use.env(), child_id(use.object().id(), kCursorLetter, number)));
  });
}

// A step cannot be repeated once rows have been read, so a budget is of no use: all but the end of
// a cursor runs on a dirty scheduler.
Term fetch(Call& call) {
  const std::string_view id = call.binary(1, "cursor id");
  const std::int64_t most = integer_of(call.env(), call.argument(2), "max_rows");
  if (most < 1) refuse("max_rows must be positive");
  const std::int64_t timeout = integer_of(call.env(), call.argument(3), "timeout");
  call.set_timeout(timeout);
  return with_connection(call, [&](Use& use) -> Answer {
    Cursor& cursor = find_cursor(use, id)->second.cursor;
    if (use.is_inline() && !cursor.done()) return Give::up;
    return portion(use, cursor, most);
  });
}

Term close_cursor(Call& call) {
  const std::string_view id = call.binary(0, "cursor id");
  return with_connection(call, parent_of(call, id, kCursors), [&](Use& use) -> Answer {
    const auto found = find_cursor(use, id);
    // Ending a write that was not read to its end commits it.
    if (use.is_inline() && !found->second.cursor.statement().read_only()) return Give::up;
    use.guarded().cursors.erase(found);
    return call.atoms().ok;
  });
}

}  // namespace libsql::nif
