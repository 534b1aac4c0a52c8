#include "remote/table_listener.h"

#include <limits>
#include <utility>
#include <vector>

#include "hrana/malformed.h"
#include "hrana/table_changes.h"

#include <boost/asio/post.hpp>

namespace libsql::remote {

namespace {

using std::chrono::steady_clock;

// For one attempt to open it again, and the longest wait between two.
constexpr std::chrono::seconds kOpening{30};
constexpr std::chrono::seconds kLongestWait{30};

Backoff::Options without_end(Backoff::Options options) {
  options.attempts = std::numeric_limits<int>::max();
  options.longest = kLongestWait;
  return options;
}

// Asking again would not help.
bool is_refusal(const Error& error) {
  return error.kind() == ErrorKind::unsupported || error.recovery().unauthorised;
}

std::string query_for(std::string_view table) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string query = "?table=";
  for (const char c : table) {
    const auto byte = static_cast<unsigned char>(c);
    query += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return query;
}

}  // namespace

// One connection to the server.
class TableListener::ListenCall final : public HttpCall {
 public:
  ListenCall(std::shared_ptr<TableListener> listener, Spec spec)
      : HttpCall(listener->origin_, std::move(spec)), listener_(std::move(listener)) {}

 private:
  void answered(const HttpHead& head) override {
    if (!head.content_type.starts_with("text/event-stream")) {
      return fail_answered(Error(ErrorKind::unsupported,
                                 "the server offers no change events: it answers GET /beta/listen "
                                 "with something else"));
    }
    resume(steady_clock::now() + kSilence);
    listener_->on_open();
  }
  bool piece(std::string_view bytes) override {
    resume(steady_clock::now() + kSilence);
    if (!listener_->on_bytes(bytes)) {
      fail_answered(Error(ErrorKind::io, "the server's change events are malformed"));
    }
    return true;
  }
  void complete() override {
    stop();
    end(Error(ErrorKind::io, "the server has ended its change events"));
  }
  void failed(const StreamFailure& failure, bool /*sent*/) override { end(failure.error); }

  void end(const Error& error) {
    // The listener's reference to this call goes within.
    const auto self = shared_from_this();
    const auto listener = std::exchange(listener_, nullptr);
    listener->on_end(error);
  }

  std::shared_ptr<TableListener> listener_;
};

TableListener::TableListener(std::shared_ptr<HttpOrigin> origin, Spec spec)
    : origin_(std::move(origin)),
      spec_(std::move(spec)),
      backoff_(without_end(origin_->backoff())),
      wait_(origin_->io().context()) {}

void TableListener::start() {
  boost::asio::post(origin_->io().context(), [self = shared_from_this()] {
    const auto listening = self->spec_.listening.lock();
    if (listening == nullptr || self->ended_) return self->end();
    listening->on_stop([weak = std::weak_ptr(self), context = &self->origin_->io().context()] {
      boost::asio::post(*context, [weak] {
        if (const auto listener = weak.lock()) listener->end();
      });
    });
    self->open(self->spec_.deadline);
  });
}

void TableListener::cancel() noexcept {
  boost::asio::post(origin_->io().context(), [self = shared_from_this()] { self->end(); });
}

void TableListener::open(Deadline deadline) {
  events_ = {};
  HttpCall::Spec spec;
  spec.server = origin_->url();
  spec.endpoint = Endpoint::listen;
  spec.query = query_for(spec_.table);
  spec.deadline = deadline;
  spec.repeatable = true;
  call_ = std::make_shared<ListenCall>(shared_from_this(), std::move(spec));
  call_->begin();
}

void TableListener::open_later() {
  // The number of attempts has no end.
  wait_.expires_after(*backoff_.next(origin_->draw()));
  wait_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->ended_) self->open(steady_clock::now() + kOpening);
  });
}

void TableListener::on_open() {
  if (spec_.started) {
    answer(nullptr);
  } else {
    tell(ChangesLost{spec_.table});
  }
}

bool TableListener::on_bytes(std::string_view bytes) {
  backoff_ = Backoff(without_end(origin_->backoff()));
  std::vector<ServerEvent> events;
  if (!events_.read(bytes, events)) return false;
  try {
    for (const ServerEvent& event : events) on_event(event);
  } catch (const hrana::Malformed&) {
    return false;
  }
  return true;
}

void TableListener::on_event(const ServerEvent& event) {
  if (event.name == "error") return tell(ChangesLost{spec_.table});
  if (event.name != "changes") return;
  const hrana::TableChanges changes = hrana::decode_table_changes(event.data);
  tell(TableChange{spec_.table, changes.inserted, changes.updated, changes.deleted});
}

void TableListener::on_end(const Error& error) {
  call_.reset();
  if (ended_) return answer(&error);
  if (spec_.started) {
    ended_ = true;
    return answer(&error);
  }
  if (is_refusal(error)) {
    ended_ = true;
    return tell(ListeningEnded{spec_.table, error});
  }
  open_later();
}

void TableListener::end() {
  if (std::exchange(ended_, true)) return;
  wait_.cancel();
  if (call_ != nullptr) return call_->cancel();
  const Error interrupted(ErrorKind::interrupted, "interrupted");
  answer(&interrupted);
}

void TableListener::tell(const Event& event) const {
  if (const auto listening = spec_.listening.lock()) listening->notify(event);
}

void TableListener::answer(const Error* error) {
  const auto started = std::exchange(spec_.started, nullptr);
  if (started) started(error);
}

}  // namespace libsql::remote
