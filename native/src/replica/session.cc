#include "replica/session.h"

#include <string>
#include <utility>

#include "libsql/error.h"
#include "libsql/sql.h"
#include "replica/routes.h"
#include "replica/statement.h"
#include "replica/synced_listening.h"

namespace libsql::replica {

namespace {

using std::chrono::steady_clock;

// Gets an answer that nobody wants.
class NoAnswer final : public Receiver {
 public:
  void finished(const Error* /*error*/, const SessionState& /*state*/) noexcept override {}
  std::shared_ptr<Receiver> detach() override { return std::make_shared<NoAnswer>(); }
};

void require_one_statement(std::string_view sql) {
  if (statement_kind(sql) == StatementKind::unknown) {
    throw Error(ErrorKind::invalid_argument, "the SQL text contains no statement");
  }
  if (statement_kind(sql.substr(first_statement(sql).size())) == StatementKind::unknown) return;
  throw Error(ErrorKind::invalid_argument, "the SQL text contains more than one statement");
}

}  // namespace

ReplicaSession::ReplicaSession(std::shared_ptr<Replicator> replicator,
                               std::shared_ptr<remote::Transport> transport, Settings settings)
    : replicator_(std::move(replicator)),
      settings_(std::move(settings)),
      local_(replicator_, settings_.local),
      follower_(std::make_shared<WriteFollower>(
          replicator_,
          WriteFollower::Settings{settings_.sync_after_writes, settings_.read_your_writes})),
      remote_(std::move(transport), settings_.request_timeout, follower_) {}

void ReplicaSession::close() noexcept {
  remote_.close();
  local_.current()->close();
}

// --- Where ---

Side ReplicaSession::side_of_statement(bool is_local) const {
  refuse_if_frozen();
  if (const auto side = sides_->in_transaction()) return *side;
  return side_of_new_work(is_local);
}

Side ReplicaSession::side_of_new_work(bool is_local) const {
  const bool behind =
      settings_.read_your_writes && (replicator_->is_behind() || follower_->has_read_newer());
  return is_local && !behind ? Side::local : Side::remote;
}

void ReplicaSession::refuse_if_frozen() const {
  if (!replicator_->is_frozen()) return;
  throw Error(ErrorKind::closed,
              "the replica was frozen: it is an ordinary database now; open its file as such");
}

// --- Requests ---

// What each kind of request means. Each operator() starts one on a side.
class ReplicaSession::Route {
 public:
  Route(ReplicaSession& session, const Request& request, const Limits& limits, Receiver& receiver)
      : session_(session), request_(request), limits_(limits), receiver_(receiver) {}

  Started operator()(const request::Execute& request) {
    if (const auto* text = std::get_if<std::string_view>(&request.command.statement)) {
      return run(side(is_local(*text)), request_);
    }
    const TextOf sql(request.command.statement, *session_.texts_);
    request::Execute by_text = request;
    by_text.command.statement = sql.text();
    return run(side(is_local(sql.text())), by_text);
  }
  Started operator()(const request::Batch& request) {
    NamedCommands members(request.members, *session_.texts_);
    const bool local = bound() || all_local(members);
    return run(side(local), request::Batch{members, request.on_error});
  }
  Started operator()(const request::Script& request) {
    return run(side(is_local_script(request.sql)), request);
  }
  Started operator()(const request::Check& request) {
    return run(side(is_local(request.sql)), request);
  }
  Started operator()(const request::Uncache& request) { return run(Side::local, request); }
  Started operator()(const request::Prepare& request) {
    require_one_statement(request.sql);
    const Side where = side(is_local(request.sql));
    Preparation prepares{session_.texts_, session_.texts_->add(request.sql)};
    if (where == Side::local) {
      return session_.run(where, request::Check{request.sql}, limits_, receiver_, prepares);
    }
    return session_.run(where, request::Describe{request.sql}, limits_, receiver_, prepares);
  }
  Started operator()(const request::Describe& request) {
    const TextOf sql(request.statement, *session_.texts_);
    return run(side(is_local(sql.text())), request::Describe{sql.text()});
  }
  Started operator()(const request::Count& /*request*/) {
    throw Error(ErrorKind::unsupported, "a replica does not count what a statement costs");
  }
  Started operator()(const request::ResetStatement& request) {
    static_cast<void>(session_.texts_->find(request.statement));
    return run(Side::local, request::Status{});
  }
  Started operator()(const request::CloseStatement& request) {
    static_cast<void>(session_.texts_->find(request.statement));
    session_.texts_->remove(request.statement);
    return run(Side::local, request::Status{});
  }
  Started operator()(const request::OpenCursor& request) {
    const TextOf sql(request.command.statement, *session_.texts_);
    request::OpenCursor by_text = request;
    by_text.command.statement = sql.text();
    return run(side(is_local(sql.text())), by_text);
  }
  Started operator()(const request::Fetch& request) {
    return run(side_of(static_cast<std::uint64_t>(request.cursor)),
               request::Fetch{own(request.cursor), request.max_rows});
  }
  Started operator()(const request::CloseCursor& request) {
    return run(side_of(static_cast<std::uint64_t>(request.cursor)),
               request::CloseCursor{own(request.cursor)});
  }
  Started operator()(const request::Begin& request) {
    return run(side(request.mode == TransactionMode::read_only), request);
  }
  // The server reports what is committed there.
  Started operator()(const request::Listen& request) {
    const auto on_event = session_.settings_.sync_after_writes ? OnEvent::sync : OnEvent::wait;
    return run(Side::remote,
               request::Listen{request.table,
                               behind_syncs(request.listening, session_.replicator_, on_event)});
  }
  Started operator()(const request::Commit& request) { return run(side(true), request); }
  Started operator()(const request::Rollback& request) { return run(side(true), request); }
  Started operator()(const request::Savepoint& request) { return run(side(true), request); }
  Started operator()(const request::Writes& request) { return run(side(true), request); }
  Started operator()(const request::Status& request) { return run(side(true), request); }
  Started operator()(const request::Reset& request) {
    if (!limits_.budget) session_.reset_remote();
    return run(Side::local, request);
  }

 private:
  // The side of the transaction that the request belongs to, or that is open.
  [[nodiscard]] std::optional<Side> bound() const {
    if (limits_.transaction.value_or(0) != 0) return side_of(*limits_.transaction);
    return session_.sides_->in_transaction();
  }
  [[nodiscard]] Side side(bool is_local) const {
    const auto side = bound();
    return side ? *side : session_.side_of_new_work(is_local);
  }
  [[nodiscard]] bool all_local(NamedCommands& members) const {
    bool local = true;
    members.rewind();
    for (bool more = true; more && local;) {
      try {
        Command command;
        more = members.next(command);
        local = !more || is_local(TextOf(command.statement, *session_.texts_).text());
      } catch (const Error&) {
        local = false;  // The member's own error, which is told in its place.
      }
    }
    members.rewind();
    return local;
  }
  [[nodiscard]] static CursorId own(CursorId cursor) noexcept {
    return CursorId{own_number(static_cast<std::uint64_t>(cursor))};
  }
  Started run(Side side, const Request& request) {
    return session_.run(side, request, limits_, receiver_);
  }

  ReplicaSession& session_;
  const Request& request_;
  const Limits& limits_;
  Receiver& receiver_;
};

Started ReplicaSession::start(const Request& request, const Limits& limits, Receiver& receiver) {
  try {
    refuse_if_frozen();
    return std::visit(Route(*this, request, limits, receiver), request);
  } catch (const Error& error) {
    receiver.finished(&error, sides_->state());
    return Started::finished;
  }
}

Started ReplicaSession::run(Side side, const Request& request, const Limits& limits,
                            Receiver& receiver, std::optional<Preparation> prepares) {
  Limits own = limits;
  if (own.transaction) own.transaction = own_number(*own.transaction);
  if (side == Side::remote) {
    RoutedAnswer answer(*sides_, side, receiver, std::move(prepares));
    return remote_.start(request, own, answer);
  }
  // To open a file takes too long where nothing may block.
  if (own.budget && local_.is_outdated()) return Started::would_block;
  RoutedAnswer answer(*sides_, side, receiver, std::move(prepares));
  return local_.session()->start(request, own, answer);
}

// Waits for nothing: the stream is closed in the background.
void ReplicaSession::reset_remote() {
  NoAnswer nobody;
  RoutedAnswer answer(*sides_, Side::remote, nobody, std::nullopt);
  remote_.start(request::Reset{}, {}, answer);
}

void ReplicaSession::cancel(const Receiver& receiver) noexcept {
  if (const auto inner = sides_->find(&receiver)) remote_.cancel(*inner);
}

void ReplicaSession::interrupt() noexcept {
  remote_.interrupt();
  local_.current()->interrupt();
}

bool ReplicaSession::read_only() const {
  return sides_->in_transaction(Side::local) || remote_.read_only();
}

void ReplicaSession::set_deadline(std::optional<steady_clock::time_point> deadline) {
  local_.set_deadline(deadline);
  remote_.set_deadline(deadline);
}

// --- Statements that their caller steps ---

std::unique_ptr<core::PreparedStatement> ReplicaSession::prepare(std::string_view sql,
                                                                 core::PrepareMode mode,
                                                                 std::string_view* tail) {
  const auto first = remote_.prepare(sql, mode, tail);
  if (first == nullptr) return nullptr;
  return std::make_unique<ReplicaStatement>(*this, std::string(first->sql()), mode);
}

void ReplicaSession::note_remote_state() { sides_->update(Side::remote, remote_.state()); }

// --- The replica ---

SyncReport ReplicaSession::sync(const SyncRequest& request) {
  return replicator_->sync_and_wait(request);
}

void ReplicaSession::freeze() { replicator_->freeze(); }

}  // namespace libsql::replica
