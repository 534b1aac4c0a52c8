#include "server/http_cursor.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/batch_run.h"
#include "server/http_exchange.h"

namespace libsql::server {
namespace {

constexpr std::size_t kFirstPortionRows = 64;  // The first rows leave early.
constexpr std::size_t kPortionBytes = std::size_t{128} * 1024;

// `run_` belongs to the stream's thread.
class CursorExchange final : public HttpExchange {
 public:
  using HttpExchange::HttpExchange;

 private:
  std::optional<std::string_view> decode(std::string& body) override {
    cursor_ = codec().decode_cursor(body);
    return cursor_.baton;
  }

  void begin() override {
    reply().on_disconnect([self = self()] { self->leave(); });
    if (!gone_) run([this](SqlSession& session) { resolve(session); }, [this] { send_head(); });
  }

  // The client has gone. What runs stops, and the batch ends on its own thread. The stream stays if
  // the client may have its baton; whoever uses that waits until nothing of this runs.
  void leave() {
    gone_ = true;
    stream().stop();
    run(
        [this](SqlSession& session) {
          run_.reset();
          session.go_on();
        },
        [this] {
          if (has_baton_) lease()->keep();
          lease().reset();
        });
  }

  // On the stream's thread.
  void resolve(SqlSession& session) {
    try {
      resolved().resolve(cursor_.batch, texts());
      run_.emplace(session, cursor_.batch, access());
    } catch (const RequestRefused& error) {
      refusal_ = error;
    }
  }

  void send_head() {
    if (gone_) return;
    if (refusal_) return refuse(*refusal_);
    const std::string baton = lease()->baton();
    hrana::StreamHead head;
    head.baton = baton;
    writer_ = codec().write_cursor(head);
    const bool json = encoding() == hrana::Encoding::json;
    reply().begin(200, json ? kText : "application/octet-stream");
    portion_.entries = kFirstPortionRows;
    portion_.bytes = kPortionBytes;
    post_portion();
  }

  void post_portion() {
    run([this](SqlSession& session) { run_portion(session); }, [this] { send_portion(); });
  }

  // On the stream's thread.
  void run_portion(const SqlSession& session) {
    try {
      done_ = run_->advance(*writer_, portion_);
      // The end, for clients that wait for it.
      if (done_) writer_->replication_index(session.replication_index());
    } catch (const RequestRefused& error) {
      writer_->error(error.view());
      done_ = true;
    }
    if (done_) run_.reset();
    portion_.entries = BatchRun::everything().entries;
  }

  void send_portion() {
    if (gone_) return;
    has_baton_ = true;
    reply().write(writer_->take(), [self = self()] {
      if (!self->done_) return self->post_portion();
      self->reply().end();
      self->lease()->keep();
      self->lease().reset();
    });
  }

  [[nodiscard]] std::shared_ptr<CursorExchange> self() {
    return std::static_pointer_cast<CursorExchange>(shared_from_this());
  }

  hrana::CursorRequest cursor_;
  std::optional<RequestRefused> refusal_;
  std::unique_ptr<hrana::AnswerWriter> writer_;
  std::optional<BatchRun> run_;
  BatchRun::Portion portion_;
  bool has_baton_ = false;  // The client may have the next one.
  bool done_ = false;
  bool gone_ = false;
};

}  // namespace

void serve_cursor(Services& services, hrana::Encoding encoding, HttpRequest request,
                  HttpReply reply) {
  std::make_shared<CursorExchange>(services, encoding, std::move(request), std::move(reply))
      ->start();
}

}  // namespace libsql::server
