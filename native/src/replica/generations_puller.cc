#include "replica/generations_puller.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "hrana/malformed.h"
#include "libsql/error.h"
#include "replica/chunks.h"
#include "replica/generations.h"

namespace libsql::replica {

namespace {

constexpr std::uint64_t kFramesAtOnce = 128;
// The primary does not have the position's generation any more, or never had it.
bool is_gone(int status) { return status == 404 || status == 410; }
// A primary that closes its generations faster than that is not one.
constexpr int kMostGenerations = 100'000;
// How often a pull begins anew because the generation has gone meanwhile.
constexpr int kMostBeginnings = 3;

bool is_not_served(int status) { return status == 404 || status == 405 || status == 501; }
// Nothing is there: 500 is what an empty database answers.
bool is_end(int status) { return status == 400 || status == 500; }

remote::Download::Request get(std::string target) {
  remote::Download::Request request;
  request.method = "GET";
  request.target = std::move(target);
  return request;
}

template <typename Read>
auto guarded(Read&& read) {
  try {
    return read();
  } catch (const hrana::Malformed& malformed) {
    throw Error(ErrorKind::io, std::string("the primary's answer is not what its protocol says: ") +
                                   malformed.what());
  }
}

// One pull. The last transaction is ended a second time when it has turned out to be the last.
class Pull {
 public:
  Pull(Primary& primary, SyncTurn& turn, Pulled& pulled)
      : primary_(primary), turn_(turn), pulled_(pulled) {}

  void run() {
    place();
    for (int generations = 0; generations < kMostGenerations;) {
      const std::uint32_t newest = frames();
      if (newest == 0) continue;
      if (newest <= generation_) return finish();
      ++generation_;
      ++generations;
      frame_ = 0;
    }
    throw Error(ErrorKind::io, "the primary's generations have no end");
  }

 private:
  // From where the replica goes on: its position, or the newest generation's beginning.
  void place() {
    const Position& ours = turn_.position();
    if (turn_.need() != Need::everything && ours.protocol == Protocol::generations) {
      const char* const last = ours.history.data() + ours.history.size();
      const auto [end, error] = std::from_chars(ours.history.data(), last, generation_);
      if (error == std::errc{} && end == last) {
        frame_ = ours.frame.value_or(0);
        committed_ = true;
        return;
      }
    }
    begin();
  }

  // With the newest generation, in place of everything.
  void begin() {
    const Primary::Answer answer = primary_.ask(get("/info"), &is_not_served);
    if (is_not_served(answer.status)) throw NotServed{primary_.text(*answer.download)};
    generation_ = guarded([&] { return read_current_generation(primary_.text(*answer.download)); });
    if (turn_.need() != Need::everything) turn_.start_over();
    pulled_.replaced = true;
    frame_ = 0;
    pages_ = 0;
    committed_ = false;
    open_ = false;
    export_pages();
  }

  // The database as it was when the generation began.
  void export_pages() {
    const Primary::Answer answer =
        primary_.ask(get("/export/" + std::to_string(generation_)), &is_gone);
    if (is_gone(answer.status)) return begin_anew(*answer.download);
    Chunks page;
    PageNumber number = 0;
    primary_.read_body(*answer.download, [&](std::string_view piece) {
      while (!piece.empty() && page.collect(piece, kPageSize)) {
        ++number;
        if (number != kLockBytePage) add(number, bytes_of(page.bytes()));
        page.clear();
      }
    });
    if (!page.empty()) throw Error(ErrorKind::io, "the exported database ends within a page");
    if (number != 0) end_transaction(number);
  }

  static ConstBytes bytes_of(const std::string& bytes) {
    return {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()};
  }

  // Sends the request for the frames from this number on.
  [[nodiscard]] Primary::Sent send(std::uint64_t first) {
    return primary_.send(get("/sync/" + std::to_string(generation_) + '/' + std::to_string(first) +
                             '/' + std::to_string(first + kFramesAtOnce)));
  }
  [[nodiscard]] Primary::Answer answer(Primary::Sent sent) {
    return primary_.answer(std::move(sent),
                           [](int status) { return is_end(status) || is_gone(status); });
  }
  [[nodiscard]] GenerationStatus status_of(const Primary::Answer& answer) {
    return guarded([&] { return read_generation_status(primary_.text(*answer.download)); });
  }

  // Pulls what follows `frame_`. Returns 0, or the primary's generation where nothing follows.
  // What follows a full answer is asked for at the same time: it is next, or, behind a shorter
  // answer, tells that nothing is.
  std::uint32_t frames() {
    const std::uint64_t beyond = frame_ + kFramesAtOnce;
    Primary::Sent now = ahead_ ? std::move(ahead_) : send(frame_ + 1);
    if (!short_answers_) ahead_ = send(beyond + 1);
    const Primary::Answer frames = answer(std::move(now));
    if (is_gone(frames.status)) {
      begin_anew(*frames.download);
      return 0;
    }
    if (is_end(frames.status)) return end(status_of(frames).generation);
    read(frames);
    if (frame_ == beyond || !ahead_) return 0;
    const Primary::Answer end_of_log = answer(std::exchange(ahead_, nullptr));
    if (is_end(end_of_log.status)) {
      const GenerationStatus status = status_of(end_of_log);
      if (status.generation == generation_ && status.frames == frame_) return generation_;
    }
    short_answers_ = true;
    return 0;
  }

  // Nothing follows, so the answer that was asked for ahead is as short, and its connection stays.
  std::uint32_t end(std::uint32_t generation) {
    if (!ahead_) return generation;
    const Primary::Answer same = answer(std::exchange(ahead_, nullptr));
    if (is_end(same.status)) static_cast<void>(primary_.text(*same.download));
    return generation;
  }

  void read(const Primary::Answer& frames) {
    GenerationFramesReader reader;
    const std::uint64_t before = frame_;
    primary_.read_body(*frames.download, [&](std::string_view piece) {
      reader.feed(piece, [&](const GenerationFrame& frame) {
        ++frame_;
        add(frame.page, frame.image);
        if (frame.size_after != 0) end_transaction(frame.size_after);
      });
    });
    guarded([&] {
      reader.finish();
      return 0;
    });
    if (frame_ == before) throw Error(ErrorKind::io, "the primary sent no frame where some follow");
  }

  void begin_anew(remote::Download& refusal) {
    if (++beginnings_ > kMostBeginnings) {
      throw Error(ErrorKind::io, "the primary drops its generations faster than they are pulled: " +
                                     primary_.text(refusal));
    }
    ahead_.reset();
    turn_.start_over();
    begin();
  }

  void add(PageNumber number, ConstBytes image) {
    turn_.add(number, image);
    ++pulled_.pages;
    open_ = true;
  }

  void end_transaction(std::uint32_t pages) {
    pages_ = pages;
    position_ = {Protocol::generations, std::to_string(generation_), frame_, {}};
    committed_ = turn_.end_transaction(pages, position_, Reached::midway);
    open_ = false;
  }

  void finish() {
    if (open_) throw Error(ErrorKind::io, "the primary's frames end within a transaction");
    if (!committed_ && pages_ != 0) {
      turn_.end_transaction(pages_, position_, Reached::head);
    } else if (turn_.need() != Need::everything) {
      turn_.nothing_new({Protocol::generations, std::to_string(generation_), frame_, {}});
    }
  }

  Primary& primary_;
  SyncTurn& turn_;
  Pulled& pulled_;
  std::uint32_t generation_ = 0;
  std::uint64_t frame_ = 0;
  int beginnings_ = 0;       // After the first one.
  std::uint32_t pages_ = 0;  // after the last transaction
  Position position_;
  bool committed_ = false;
  bool open_ = false;           // Pages have come since the last transaction's end.
  bool short_answers_ = false;  // The primary sends fewer frames than it could.
  Primary::Sent ahead_;  // For the frames behind those of the next answer, of the same generation.
};

}  // namespace

void pull_generations(Primary& primary, SyncTurn& turn, Pulled& pulled) {
  Pull(primary, turn, pulled).run();
}

}  // namespace libsql::replica
