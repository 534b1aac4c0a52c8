// Cursors: queries that are read a portion at a time.
#include <string>
#include <string_view>

#include "executor.h"
#include "ids.h"
#include "operations.h"
#include "params.h"
#include "reply.h"
#include "rows.h"

namespace libsql::nif {

namespace {

// {:ok, id}
class CursorReply final : public Reply {
 public:
  CursorReply(ErlNifEnv* env, const Atoms& atoms, const std::string& connection)
      : Reply(env, atoms), connection_(connection) {}
  void opened(CursorId cursor) override {
    id_ = make_binary(env(),
                      child_id(connection_, IdKind::cursor, static_cast<std::uint64_t>(cursor)));
  }

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<CursorReply>(env, atoms(), connection_);
  }

 private:
  Term success(const SessionState& /*state*/) override { return ok(id_); }

  const std::string& connection_;
  Term id_ = 0;
};

// {:ok, {columns, rows, count, done?}}
class PortionReply final : public Reply {
 public:
  using Reply::Reply;
  void columns(std::span<const std::string_view> names) override {
    columns_ = column_names(env(), names);
  }
  bool row(std::span<const ValueView> values) override {
    rows_.add(values);
    return true;
  }
  void portion(std::int64_t rows, bool last) override {
    portion_ = make_tuple(env(), columns_, rows_.list(), enif_make_int64(env(), rows),
                          last ? atoms().true_ : atoms().false_);
  }

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<PortionReply>(env, atoms());
  }

 private:
  Term success(const SessionState& /*state*/) override { return ok(portion_); }

  RowEncoder rows_{env(), atoms()};
  Term columns_ = 0;
  Term portion_ = 0;
};

}  // namespace

Term open_cursor(Call& call) {
  const std::string_view sql = call.sql(1);
  ConnectionPtr connection = call.connection(0);
  TermParameters parameters(call.env(), call.atoms(), call.argument(2));
  CursorReply reply(call.env(), call.atoms(), connection->id());
  return run_request(call, std::move(connection), request::OpenCursor{{sql, &parameters}}, reply);
}

Term fetch(Call& call) {
  const std::string_view id = call.binary(1, "cursor id");
  const std::int64_t most = integer_of(call.env(), call.argument(2), "max_rows");
  if (most < 1) throw_invalid("max_rows must be positive");
  call.set_timeout(integer_of(call.env(), call.argument(3), "timeout"));
  ConnectionPtr connection = call.connection(0);
  const CursorId cursor{child_number(call, connection->id(), id, IdKind::cursor)};
  PortionReply reply(call.env(), call.atoms());
  return run_request(call, std::move(connection),
                     request::Fetch{cursor, static_cast<std::size_t>(most)}, reply);
}

Term close_cursor(Call& call) {
  const std::string_view id = call.binary(0, "cursor id");
  ConnectionPtr connection = parent_of(call, id, IdKind::cursor);
  const CursorId cursor{child_number(call, connection->id(), id, IdKind::cursor)};
  Reply reply(call.env(), call.atoms());
  return run_request(call, std::move(connection), request::CloseCursor{cursor}, reply);
}

}  // namespace libsql::nif
