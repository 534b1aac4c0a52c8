// Statements by text, through the cache, and by id.
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "executor.h"
#include "ids.h"
#include "operations.h"
#include "params.h"
#include "reply.h"

namespace libsql::nif {

namespace {

// {:ok, id}
class PreparedReply final : public Reply {
 public:
  PreparedReply(ErlNifEnv* env, const Atoms& atoms, const std::string& connection)
      : Reply(env, atoms), connection_(connection) {}
  void prepared(StatementId statement) override {
    id_ = make_binary(
        env(), child_id(connection_, IdKind::statement, static_cast<std::uint64_t>(statement)));
  }

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<PreparedReply>(env, atoms(), connection_);
  }

 private:
  Term success(const SessionState& /*state*/) override { return ok(id_); }

  const std::string& connection_;
  Term id_ = 0;
};

// {:ok, {columns, parameters}}
class DescriptionReply final : public Reply {
 public:
  using Reply::Reply;
  void described(const StatementDescription& description) override {
    description_ = make_tuple(env(), column_terms(description), parameter_names(description));
  }

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<DescriptionReply>(env, atoms());
  }

 private:
  Term success(const SessionState& /*state*/) override { return ok(description_); }

  [[nodiscard]] Term optional_binary(const std::optional<std::string>& text) const {
    return text ? make_binary(env(), *text) : atoms().nil;
  }
  [[nodiscard]] Term column_terms(const StatementDescription& description) const {
    TermBuffer terms;
    for (const ColumnInfo& column : description.columns) {
      terms.push(make_tuple(env(), make_binary(env(), column.name), optional_binary(column.origin),
                            optional_binary(column.declared_type)));
    }
    return terms.list(env());
  }
  [[nodiscard]] Term parameter_names(const StatementDescription& description) const {
    TermBuffer terms;
    for (const std::string& name : description.parameters) {
      terms.push(name.empty() ? atoms().nil : make_binary(env(), name));
    }
    return terms.list(env());
  }

  Term description_ = 0;
};

// {:ok, map}
class CountersReply final : public Reply {
 public:
  using Reply::Reply;
  void counters(const StatementCounters& counters) override {
    Term keys[] = {make_atom(env(), "full_scan_steps"), make_atom(env(), "sorts"),
                   make_atom(env(), "automatic_indexes"), make_atom(env(), "instructions")};
    Term values[] = {enif_make_int64(env(), counters.full_scan_steps),
                     enif_make_int64(env(), counters.sorts),
                     enif_make_int64(env(), counters.automatic_indexes),
                     enif_make_int64(env(), counters.instructions)};
    enif_make_map_from_arrays(env(), keys, values, std::size(keys), &map_);
  }

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<CountersReply>(env, atoms());
  }

 private:
  Term success(const SessionState& /*state*/) override { return ok(map_); }

  Term map_ = 0;
};

// :ok, or :script for a text with several statements.
class CheckReply final : public Reply {
 public:
  using Reply::Reply;
  void has_more_statements() override { is_script_ = true; }

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<CheckReply>(env, atoms());
  }

 private:
  Term success(const SessionState& /*state*/) override {
    return is_script_ ? atoms().script : atoms().ok;
  }

  bool is_script_ = false;
};

StatementId statement_of(const Call& call, const ConnectionPtr& connection, int argument) {
  const std::string_view id = call.binary(argument, "statement id");
  return StatementId{child_number(call, connection->id(), id, IdKind::statement)};
}

}  // namespace

Term execute(Call& call) {
  const std::string_view sql = call.sql(1);
  const auto options = tuple_of(call.env(), call.argument(3), 2, "options");
  const bool cache = boolean_of(call.env(), call.atoms(), options[1], "cache");
  call.set_timeout(integer_of(call.env(), options[0], "timeout"));
  call.is_one_statement();
  TermParameters parameters(call.env(), call.atoms(), call.argument(2));
  ResultReply reply(call.env(), call.atoms());
  return run_request(call, request::Execute{{sql, &parameters, cache}}, reply);
}

Term prepare(Call& call) {
  const std::string_view sql = call.sql(1);
  ConnectionPtr connection = call.connection(0);
  PreparedReply reply(call.env(), call.atoms(), connection->id());
  return run_request(call, std::move(connection), request::Prepare{sql}, reply);
}

Term check(Call& call) {
  CheckReply reply(call.env(), call.atoms());
  return run_request(call, request::Check{call.sql(1)}, reply);
}

Term uncache(Call& call) {
  Reply reply(call.env(), call.atoms());
  return run_request(call, request::Uncache{call.sql(1)}, reply);
}

Term execute_statement(Call& call) {
  call.set_timeout(integer_of(call.env(), call.argument(3), "timeout"));
  call.is_one_statement();
  ConnectionPtr connection = call.connection(0);
  const StatementId statement = statement_of(call, connection, 1);
  TermParameters parameters(call.env(), call.atoms(), call.argument(2));
  ResultReply reply(call.env(), call.atoms());
  return run_request(call, std::move(connection), request::Execute{{statement, &parameters}},
                     reply);
}

Term reset_statement(Call& call) {
  ConnectionPtr connection = call.connection(0);
  const StatementId statement = statement_of(call, connection, 1);
  Reply reply(call.env(), call.atoms());
  return run_request(call, std::move(connection), request::ResetStatement{statement}, reply);
}

Term describe_statement(Call& call) {
  ConnectionPtr connection = call.connection(0);
  const StatementId statement = statement_of(call, connection, 1);
  DescriptionReply reply(call.env(), call.atoms());
  return run_request(call, std::move(connection), request::Describe{statement}, reply);
}

Term statement_counters(Call& call) {
  ConnectionPtr connection = call.connection(0);
  const StatementId statement = statement_of(call, connection, 1);
  CountersReply reply(call.env(), call.atoms());
  return run_request(call, std::move(connection), request::Count{statement}, reply);
}

Term describe(Call& call) {
  DescriptionReply reply(call.env(), call.atoms());
  return run_request(call, request::Describe{call.sql(1)}, reply);
}

Term close_statement(Call& call) {
  const std::string_view id = call.binary(0, "statement id");
  ConnectionPtr connection = parent_of(call, id, IdKind::statement);
  const StatementId statement{child_number(call, connection->id(), id, IdKind::statement)};
  Reply reply(call.env(), call.atoms());
  return run_request(call, std::move(connection), request::CloseStatement{statement}, reply);
}

}  // namespace libsql::nif
