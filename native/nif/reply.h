// The answers of calls, built as terms from what a session delivers.
#ifndef LIBSQL_NIF_REPLY_H_
#define LIBSQL_NIF_REPLY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <erl_nif.h>

#include "libsql/receiver.h"
#include "rows.h"
#include "terms.h"

namespace libsql::nif {

// Builds the result tuples of EctoLibSql.Nif.result/0, one after the other.
class ResultEncoder {
 public:
  ResultEncoder(ErlNifEnv* env, const Atoms& atoms) noexcept : env_(env), atoms_(atoms) {}

  // As Receiver's calls of these names; done() returns the result.
  void columns(std::span<const std::string_view> names);
  [[nodiscard]] bool row(std::span<const ValueView> values);
  [[nodiscard]] Term done(StatementKind kind, std::int64_t count);
  // Drops a result that is not complete.
  void discard() noexcept { rows_.reset(); }

 private:
  [[nodiscard]] Term without_rows(StatementKind kind, std::int64_t count);

  ErlNifEnv* env_;
  const Atoms& atoms_;
  std::optional<RowEncoder> rows_;
  Term columns_ = 0;
  // The latest result without rows. Members of a batch share it.
  StatementKind last_kind_{};
  std::int64_t last_count_ = 0;
  Term last_ = 0;
};

class Reply;

// Where a call runs and waits: the calls of Receiver that are not about the answer.
class CallSite {
 public:
  CallSite() = default;
  CallSite(const CallSite&) = delete;
  CallSite& operator=(const CallSite&) = delete;
  virtual ~CallSite() = default;
  virtual void only_reads(bool only_reads) = 0;
  [[nodiscard]] virtual std::function<void()> on_turn() = 0;
  virtual void queued(const std::shared_ptr<WriteTicket>& place) = 0;
  // The answer comes later: who gets it then.
  [[nodiscard]] virtual std::shared_ptr<Receiver> detach(const Reply& reply) = 0;
  // Whether the caller's time was over when it came.
  [[nodiscard]] virtual bool gave_up() const noexcept { return false; }
  // The reply has its term.
  virtual void answered() noexcept {}
};

// The answer of one call: :ok, unless a subclass has more to say, or {:error, map}.
class Reply : public Receiver {
 public:
  Reply(ErlNifEnv* env, const Atoms& atoms) noexcept : env_(env), atoms_(atoms) {}

  void finished(const Error* error, const SessionState& state) noexcept final;
  // Once it has finished.
  [[nodiscard]] Term term() const noexcept { return term_; }
  [[nodiscard]] const SessionState& state() const noexcept { return state_; }

  // Before the request starts.
  void run_at(CallSite& site) noexcept { site_ = &site; }
  void only_reads(bool only_reads) final { site_->only_reads(only_reads); }
  [[nodiscard]] std::function<void()> on_turn() final { return site_->on_turn(); }
  void queued(const std::shared_ptr<WriteTicket>& place) final { site_->queued(place); }
  [[nodiscard]] std::shared_ptr<Receiver> detach() final { return site_->detach(*this); }
  // A reply for the same call that has got nothing yet and builds its terms in `env`. It outlives
  // the call, but not the connection.
  [[nodiscard]] virtual std::unique_ptr<Reply> again(ErlNifEnv* env) const {
    return std::make_unique<Reply>(env, atoms_);
  }

 protected:
  [[nodiscard]] virtual Term success(const SessionState& /*state*/) { return atoms_.ok; }
  [[nodiscard]] virtual Term failure(const Error& error);
  [[nodiscard]] ErlNifEnv* env() const noexcept { return env_; }
  [[nodiscard]] const Atoms& atoms() const noexcept { return atoms_; }
  [[nodiscard]] Term ok(Term value) const { return make_tuple(env_, atoms_.ok, value); }

 private:
  ErlNifEnv* env_;
  const Atoms& atoms_;
  CallSite* site_ = nullptr;
  Term term_ = 0;
  SessionState state_;
};

// {:ok, result} of one statement; :script for a text with several.
class ResultReply final : public Reply {
 public:
  using Reply::Reply;
  void columns(std::span<const std::string_view> names) override { encoder_.columns(names); }
  bool row(std::span<const ValueView> values) override { return encoder_.row(values); }
  void done(StatementKind kind, std::int64_t count) override {
    result_ = encoder_.done(kind, count);
  }
  void has_more_statements() override { is_script_ = true; }
  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<ResultReply>(env, atoms());
  }

 private:
  Term success(const SessionState& /*state*/) override {
    return is_script_ ? atoms().script : ok(result_);
  }

  ResultEncoder encoder_{env(), atoms()};
  Term result_ = 0;
  bool is_script_ = false;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_REPLY_H_
