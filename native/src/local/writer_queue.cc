#include "local/writer_queue.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <utility>

#include "local/sqlite.h"

namespace libsql::local {

namespace {

// All queues, by the identity of their database. Locked only while a connection opens.
struct Registry {
  core::Mutex mutex;
  std::map<std::string, std::weak_ptr<WriterQueue>> queues LIBSQL_GUARDED_BY(mutex);
};

Registry& registry() {
  // Never destroyed: a thread may still run when the process ends.
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
  static Registry& instance = *new Registry;
  return instance;
}

// Device and inode of a file, the name of a shared database in memory, "" for a private one.
std::string identity_of(sqlite3* db) {
  const char* file = sqlite3_db_filename(db, "main");
  if (file == nullptr || *file == '\0') return {};
  // Of the names in memory only those with a slash are shared; a deserialised database is called
  // "x". Source: sqlite.org/src, memdb.c.
  if (is_in_memory(db)) return *file == '/' ? std::string("memory:") + file : std::string();
  struct stat info {};
  if (stat(file, &info) != 0) return std::string("name:") + file;
  return "file:" + std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

// Cancels the ticket on destruction: the queue's own reference must not keep the place of a caller
// that has gone.
class OwnedTicket : public WriteTicket {
 public:
  explicit OwnedTicket(std::shared_ptr<WriterQueue::Ticket> ticket) : ticket_(std::move(ticket)) {}
  OwnedTicket(const OwnedTicket&) = delete;
  OwnedTicket& operator=(const OwnedTicket&) = delete;
  ~OwnedTicket() override { ticket_->cancel(); }

  [[nodiscard]] State state() const override { return ticket_->state(); }
  State cancel() noexcept override { return ticket_->cancel(); }

 private:
  const std::shared_ptr<WriterQueue::Ticket> ticket_;
};

}  // namespace

std::shared_ptr<WriterQueue> WriterQueue::of_database(sqlite3* db) {
  const std::string identity = identity_of(db);
  if (identity.empty()) return nullptr;
  Registry& all = registry();
  const core::MutexLock lock(all.mutex);
  std::erase_if(all.queues, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<WriterQueue>& slot = all.queues[identity];
  std::shared_ptr<WriterQueue> queue = slot.lock();
  if (!queue) slot = queue = std::make_shared<WriterQueue>();
  return queue;
}

bool WriterQueue::try_acquire() {
  const core::MutexLock lock(mutex_);
  if (taken_) return false;
  taken_ = true;
  return true;
}

std::shared_ptr<WriterQueue::Ticket> WriterQueue::enqueue(std::function<void()> granted) {
  auto ticket = std::make_shared<Ticket>(shared_from_this(), std::move(granted));
  {
    const core::MutexLock lock(mutex_);
    if (taken_) {
      waiting_.push_back(ticket);
      return ticket;
    }
    taken_ = true;
    ticket->phase_.store(Ticket::Phase::granted);
  }
  ticket->notify();
  return ticket;
}

void WriterQueue::release() noexcept {
  std::shared_ptr<Ticket> next;
  {
    const core::MutexLock lock(mutex_);
    // A cancelled ticket leaves the queue by itself, but its owner may be between the two steps.
    while (!waiting_.empty() && !next) {
      auto expected = Ticket::Phase::waiting;
      if (waiting_.front()->phase_.compare_exchange_strong(expected, Ticket::Phase::granted)) {
        next = std::move(waiting_.front());
      }
      waiting_.pop_front();
    }
    if (!next) taken_ = false;
  }
  if (next) next->notify();
}

std::size_t WriterQueue::waiting() {
  const core::MutexLock lock(mutex_);
  return waiting_.size();
}

void WriterQueue::Ticket::notify() noexcept {
  // Moved out first: the callback may own this ticket.
  const std::function<void()> granted = std::exchange(granted_, nullptr);
  if (granted) granted();
}

WriteTicket::State WriterQueue::Ticket::state() const {
  switch (phase_.load()) {
    case Phase::waiting:
      return State::waiting;
    case Phase::cancelled:
      return State::cancelled;
    case Phase::granted:
    case Phase::taken:
      break;
  }
  return State::granted;
}

WriteTicket::State WriterQueue::Ticket::cancel() noexcept {
  const Phase before = phase_.load();
  auto expected = Phase::waiting;
  if (phase_.compare_exchange_strong(expected, Phase::cancelled)) {
    const core::MutexLock lock(queue_->mutex_);
    std::erase_if(queue_->waiting_, [this](const auto& other) { return other.get() == this; });
    return State::waiting;
  }
  expected = Phase::granted;
  if (phase_.compare_exchange_strong(expected, Phase::cancelled)) {
    queue_->release();
    return State::granted;
  }
  return before == Phase::cancelled ? State::cancelled : State::granted;
}

bool WriterQueue::Ticket::take() noexcept {
  auto expected = Phase::granted;
  return phase_.compare_exchange_strong(expected, Phase::taken);
}

std::shared_ptr<WriteTicket> cancel_when_dropped(std::shared_ptr<WriterQueue::Ticket> ticket) {
  return std::make_shared<OwnedTicket>(std::move(ticket));
}

}  // namespace libsql::local
