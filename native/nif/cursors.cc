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
auto find_cursor(LockedConnection& locked, std::string_view id) {
  auto& cursors = locked.contents().cursors;
  const auto found =
      cursors.find(child_number(locked.call(), locked.object().id(), id, IdKind::cursor));
  if (found == cursors.end()) throw Failure::not_found(IdKind::cursor);
  const std::uint64_t transaction = found->second.transaction;
  if (transaction != 0 && transaction != open_transaction(locked.connection())) {
    cursors.erase(found);
    throw Failure::not_found(IdKind::cursor);
  }
  return found;
}

Answer portion(LockedConnection& locked, Cursor& cursor, std::int64_t most) {
  RowEncoder rows(locked.env(), locked.atoms());
  const auto taken = [&] { return static_cast<std::int64_t>(rows.count()); };
  while (taken() < most) {
    const auto row = cursor.next();
    if (!row) break;
    rows.add(*row);
  }
  const Atoms& atoms = locked.atoms();
  const Term columns = column_names(locked.env(), cursor.statement());
  return locked.call().ok(make_tuple(locked.env(), columns, rows.list(),
                                     enif_make_int64(locked.env(), taken()),
                                     cursor.done() ? atoms.true_ : atoms.false_));
}

}  // namespace

Term open_cursor(Call& call) {
  const std::string_view sql = call.sql(1);
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    if (locked.is_inline() && sql.size() > kInlineSql) return Continuation::dirty_scheduler;
    ConnectionContents& contents = locked.contents();
    auto values = parameter_values(locked.env(), locked.atoms(), contents.connection.cached(sql),
                                   call.argument(2));
    OpenCursor opened{contents.connection.open_cursor(sql, std::move(values)),
                      open_transaction(contents.connection),
                      LiveCount(call.state()->counts.cursors)};
    const std::uint64_t number = contents.next_number++;
    contents.cursors.emplace(number, std::move(opened));
    return call.ok(
        make_binary(locked.env(), child_id(locked.object().id(), IdKind::cursor, number)));
  });
}

// Runs on a dirty scheduler, unless the cursor is at its end: a step that ran out of budget could
// not be repeated, because the rows before it have been read.
Term fetch(Call& call) {
  const std::string_view id = call.binary(1, "cursor id");
  const std::int64_t most = integer_of(call.env(), call.argument(2), "max_rows");
  if (most < 1) throw_invalid("max_rows must be positive");
  const std::int64_t timeout = integer_of(call.env(), call.argument(3), "timeout");
  call.set_timeout(timeout);
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    Cursor& cursor = find_cursor(locked, id)->second.cursor;
    if (locked.is_inline() && !cursor.done()) return Continuation::dirty_scheduler;
    return portion(locked, cursor, most);
  });
}

Term close_cursor(Call& call) {
  const std::string_view id = call.binary(0, "cursor id");
  return with_connection(call, parent_of(call, id, IdKind::cursor),
                         [&](LockedConnection& locked) -> Answer {
                           const auto found = find_cursor(locked, id);
                           // Ending a write that was not read to its end commits it.
                           if (locked.is_inline() && !found->second.cursor.statement().read_only())
                             return Continuation::dirty_scheduler;
                           locked.contents().cursors.erase(found);
                           return call.atoms().ok;
                         });
}

}  // namespace libsql::nif
