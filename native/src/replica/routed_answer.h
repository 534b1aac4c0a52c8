// Passes one side's answer on to the caller, with the numbers and the state of the session.
#ifndef LIBSQL_REPLICA_ROUTED_ANSWER_H_
#define LIBSQL_REPLICA_ROUTED_ANSWER_H_

#include <memory>
#include <optional>
#include <utility>

#include "libsql/receiver.h"
#include "replica/named_commands.h"
#include "replica/sides.h"

namespace libsql::replica {

// Threads: as Receiver.
class RoutedAnswer final : public Receiver {
 public:
  // The request checks or describes a statement that the caller wants prepared: if it is well, the
  // caller gets this number, else the text is dropped.
  struct Preparation {
    std::shared_ptr<StatementTexts> texts;
    StatementId statement;
  };
  // `sides` lives until this object is detached, which keeps it alive, or goes.
  RoutedAnswer(Sides& sides, Side side, Receiver& to, std::optional<Preparation> prepares)
      : sides_(sides), side_(side), to_(to), prepares_(std::move(prepares)) {}
  RoutedAnswer(const RoutedAnswer&) = delete;
  RoutedAnswer& operator=(const RoutedAnswer&) = delete;
  ~RoutedAnswer() override = default;

  void columns(std::span<const std::string_view> names) override { to_.columns(names); }
  bool row(std::span<const ValueView> values) override { return to_.row(values); }
  void done(StatementKind kind, std::int64_t count) override { to_.done(kind, count); }
  void failed(const Error& error) override { to_.failed(error); }
  void has_more_statements() override { to_.has_more_statements(); }
  void prepared(StatementId statement) override { to_.prepared(statement); }
  void described(const StatementDescription& description) override {
    if (!prepares_) to_.described(description);
  }
  void counters(const StatementCounters& counters) override { to_.counters(counters); }
  void opened(CursorId cursor) override {
    to_.opened(CursorId{joint_number(side_, static_cast<std::uint64_t>(cursor))});
  }
  void portion(std::int64_t rows, bool last) override { to_.portion(rows, last); }
  void only_reads(bool only_reads) override { to_.only_reads(only_reads); }

  void finished(const Error* error, const SessionState& state) noexcept override {
    const SessionState joint = sides_.update(side_, state);
    if (prepares_) conclude(error);
    if (later_ == nullptr) return to_.finished(error, joint);
    const std::shared_ptr<Receiver> kept = later_;  // This object may go with its entry.
    sides_.remove(kept.get());
    kept->finished(error, joint);
  }

  std::shared_ptr<Receiver> detach() override {
    std::shared_ptr<Receiver> later = to_.detach();
    if (later == nullptr) return nullptr;
    auto routed = std::make_shared<RoutedAnswer>(sides_, side_, *later, prepares_);
    routed->later_ = later;
    routed->kept_ = sides_.shared_from_this();
    sides_.add(later.get(), routed);
    return routed;
  }

 private:
  void conclude(const Error* error) noexcept {
    if (error == nullptr) {
      to_.prepared(prepares_->statement);
    } else {
      prepares_->texts->remove(prepares_->statement);
    }
  }

  Sides& sides_;
  const Side side_;
  Receiver& to_;
  std::optional<Preparation> prepares_;
  // Once detached, the owners of `to_` and `sides_`.
  std::shared_ptr<Receiver> later_;
  std::shared_ptr<Sides> kept_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_ROUTED_ANSWER_H_
