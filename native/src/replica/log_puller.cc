#include "replica/log_puller.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "libsql/error.h"

namespace libsql::replica {

namespace {

constexpr std::string_view kEntries = "BatchLogEntries";
constexpr int kFailedPrecondition = 9;
constexpr int kUnimplemented = 12;
constexpr int kUnavailable = 14;
constexpr std::chrono::seconds kNotReady{1};
constexpr int kAttempts = 10;
// A primary that has just been written to much is still writing its snapshot.
constexpr int kSnapshotAttempts = 300;
// A message with one frame, and room for fields to come.
constexpr std::size_t kMaxMessage = 8192;

bool says(const GrpcStatus& status, std::string_view word) {
  return status.code == kFailedPrecondition && status.message.find(word) != std::string::npos;
}

[[noreturn]] void refuse_order(std::uint64_t found, std::uint64_t wanted) {
  throw Error(ErrorKind::io, "the primary sent frame " + std::to_string(found) + " in place of " +
                                 std::to_string(wanted));
}

[[noreturn]] void refuse_end() {
  throw Error(ErrorKind::io, "the primary's frames end within a transaction");
}

}  // namespace

Position LogPuller::position(std::uint64_t frame) const {
  return {Protocol::replication_log, log_, frame, {}};
}

Reached LogPuller::reached(std::uint64_t frame) const {
  return head_ && frame >= *head_ ? Reached::head : Reached::midway;
}

template <typename Call>
GrpcStatus LogPuller::patiently(Call&& call, int attempts) {
  for (int attempt = 1;; ++attempt) {
    GrpcStatus status = call();
    if (status.code != kUnavailable || attempt == attempts) return status;
    primary_.patience().pause(kNotReady);
  }
}

void LogPuller::greet(SyncTurn& turn) {
  std::string answer;
  std::optional<Hello> hello;
  const GrpcWebReader::Sink sink{[&](std::string_view bytes) {
                                   if (answer.size() + bytes.size() <= kMaxMessage) answer += bytes;
                                 },
                                 [&] { hello = read_hello(answer); }};
  const GrpcStatus status =
      patiently([&] { return primary_.call("Hello", {}, hello_request(), sink); }, kAttempts);
  if (status.code == kUnimplemented) throw NotServed{status.message};
  if (status.code != 0) throw Error(error_of(status));
  if (!hello) throw Error(ErrorKind::io, "the primary's answer to Hello is empty");
  token_ = hello->session_token;
  log_ = hello->log_id;
  head_ = hello->head;
  if (turn.need() == Need::everything) return;
  const Position& ours = turn.position();
  const bool same = ours.protocol == Protocol::replication_log && ours.history == log_;
  if (!same || !head_ || *head_ < ours.frame.value_or(0)) turn.start_over();
}

bool LogPuller::knows_log(const SyncTurn& turn) const {
  const Position& ours = turn.position();
  return turn.need() != Need::everything && !token_.empty() &&
         ours.protocol == Protocol::replication_log && ours.history == log_;
}

// A frame is one of the log that Hello names if the session is the same: sqld has another one when
// it was started again.
Primary::Sent LogPuller::greet_and_ask(SyncTurn& turn) {
  if (!knows_log(turn)) {
    greet(turn);
    return nullptr;
  }
  const std::uint64_t next = turn.position().frame.value() + 1;
  Primary::Sent frames = entries_ahead(next);
  if (frames == nullptr) frames = ask_entries(next);
  const std::string session = token_;
  greet(turn);
  if (turn.need() == Need::everything || token_ != session) return nullptr;
  return frames;
}

// Whether the primary has to be asked for its head. A frame that the replica has already may also
// be one of a new log, with fewer frames.
bool LogPuller::needs_head(const SyncTurn& turn, const Goal& goal) const {
  return !goal.frame || turn.need() != Need::changes || !knows_log(turn) ||
         *goal.frame <= turn.position().frame.value_or(0);
}

void LogPuller::pull(SyncTurn& turn, const Goal& goal, Pulled& pulled) {
  const bool greets = needs_head(turn, goal);
  const Primary::Sent ahead =
      greets ? greet_and_ask(turn) : entries_ahead(turn.position().frame.value() + 1);
  const bool everything = turn.need() == Need::everything;
  pulled.replaced = everything;
  if (greets && !head_) {
    if (everything && turn.pages() == 0) return;  // Nothing has ever been written there.
    throw Error(ErrorKind::error,
                "the primary's replication log is empty, although the replica has been "
                "synchronised before; the replica is left as it is");
  }
  next_ = everything ? 0 : turn.position().frame.value() + 1;
  target_ = greets ? *head_ : *goal.frame;
  // A refusal is heard where frames have to come: they are asked for again. So are frames that have
  // been committed since this was asked.
  if (ahead != nullptr) static_cast<void>(entries(*ahead, turn, pulled));
  if (next_ > target_ && pulled.pages == 0) turn.nothing_new(turn.position());
  while (next_ <= target_) {
    const std::uint64_t before = pulled.pages;
    pull_some(turn, pulled);
    if (turn.need() == Need::everything) pulled.replaced = true;
    if (pulled.pages == before) {
      throw Error(ErrorKind::io, "the primary's log ends before frame " + std::to_string(target_) +
                                     ", which it has announced");
    }
  }
  primary_.expect_call(kEntries, token_, log_offset(next_));
}

void LogPuller::pull_some(SyncTurn& turn, Pulled& pulled) {
  const auto ask = [&] { return entries(*ask_entries(next_), turn, pulled); };
  GrpcStatus status = patiently(ask, kAttempts);
  if (says(status, "NO_HELLO")) {
    // The primary was started again; its log may be another one.
    greet(turn);
    if (turn.need() == Need::everything) {
      // The frame to reach was one of the old log.
      next_ = 0;
      target_ = head_.value_or(0);
    }
    status = patiently(ask, kAttempts);
  }
  if (says(status, "NEED_SNAPSHOT")) {
    status = patiently([&] { return snapshot(turn, pulled); }, kSnapshotAttempts);
  }
  if (status.code == kUnimplemented) throw NotServed{status.message};
  if (status.code != 0) throw Error(error_of(status));
}

Primary::Sent LogPuller::ask_entries(std::uint64_t next) {
  return primary_.send_call(kEntries, token_, log_offset(next));
}

Primary::Sent LogPuller::entries_ahead(std::uint64_t next) {
  return primary_.sent_ahead(kEntries, token_, log_offset(next));
}

GrpcStatus LogPuller::entries(remote::Download& sent, SyncTurn& turn, Pulled& pulled) {
  FramesReader reader;
  bool ended = true;
  const auto on_frame = [&](const LogFrame& frame) {
    if (frame.number != next_) refuse_order(frame.number, next_);
    turn.add(frame.page, frame.image);
    ++next_;
    ++pulled.pages;
    ended = frame.size_after != 0;
    if (!ended) return;
    turn.end_transaction(frame.size_after, position(frame.number), reached(frame.number));
  };
  const GrpcWebReader::Sink sink{[&](std::string_view bytes) { reader.feed(bytes, on_frame); },
                                 [&] { reader.finish(); }};
  GrpcStatus status = primary_.receive(sent, sink);
  if (status.code == 0 && !ended) refuse_end();
  return status;
}

// The newest image of each page, from the newest frame to the oldest: one transaction.
GrpcStatus LogPuller::snapshot(SyncTurn& turn, Pulled& pulled) {
  std::string message;
  std::optional<std::uint64_t> newest;
  std::uint64_t before = 0;
  std::uint32_t size_after = 0;
  const GrpcWebReader::Sink sink{[&](std::string_view bytes) {
                                   if (message.size() + bytes.size() > kMaxMessage) {
                                     throw Error(ErrorKind::io,
                                                 "the primary sent a frame of another size");
                                   }
                                   message += bytes;
                                 },
                                 [&] {
                                   const LogFrame frame = read_log_frame(message);
                                   if (size_after != 0 || (newest && frame.number >= before)) {
                                     refuse_order(frame.number, before);
                                   }
                                   if (!newest) newest = frame.number;
                                   before = frame.number;
                                   size_after = frame.size_after;
                                   turn.add(frame.page, frame.image);
                                   ++pulled.pages;
                                   message.clear();
                                 }};
  GrpcStatus status = primary_.call("Snapshot", token_, log_offset(next_), sink);
  if (status.code != 0 || !newest) return status;
  if (size_after == 0) refuse_end();
  turn.end_transaction(size_after, position(*newest), reached(*newest));
  next_ = *newest + 1;
  return status;
}

}  // namespace libsql::replica
