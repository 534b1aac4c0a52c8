#include "server/replication/pool_answer.h"

#include <exception>
#include <optional>
#include <utility>

#include "libsql/error.h"

#include <boost/asio/post.hpp>

namespace libsql::server::replication {
namespace {

// Kept alive by what is under way. Its members belong to the I/O thread, and while something of it
// runs to the pool's.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Services& services, HttpReply reply, std::function<PoolAnswer()> work)
      : services_(services), reply_(std::move(reply)), work_(std::move(work)) {}

  void start() {
    run([](Exchange& self) { self.answer(); }, [](Exchange& self) { self.begin(); });
  }

 private:
  using Part = void (*)(Exchange&);

  // Runs `work` on the pool, then `next` on the I/O thread. The last owner of this object is the
  // handler there, if the server does not stop.
  void run(Part work, Part next) {
    static_cast<void>(services_.pool.post([self = shared_from_this(), work, next]() mutable {
      work(*self);
      auto& context = self->services_.context;
      boost::asio::post(context, [done = std::move(self), next] { next(*done); });
    }));
  }

  void answer() {
    try {
      answer_ = work_();
    } catch (const Error& error) {
      answer_ = json_error(500, sql_error(error).view());
    } catch (const std::exception& error) {
      answer_ = json_error(500, {error.what(), "INTERNAL", {}});
    }
    work_ = nullptr;
    if (std::holds_alternative<StreamedBody>(answer_)) make_piece();
  }

  void make_piece() {
    piece_.clear();
    try {
      more_ = std::get<StreamedBody>(answer_).body->next(piece_);
    } catch (const std::exception&) {
      failed_ = true;
    }
  }

  void begin() {
    if (auto* const response = std::get_if<HttpResponse>(&answer_)) {
      return reply_->send(std::move(*response));
    }
    reply_->begin(200, std::get<StreamedBody>(answer_).content_type);
    send_piece();
  }

  void send_piece() {
    if (failed_) return reply_.reset();
    reply_->write(std::move(piece_), [self = shared_from_this()] {
      if (!self->more_) return self->reply_->end();
      self->run([](Exchange& exchange) { exchange.make_piece(); },
                [](Exchange& exchange) { exchange.send_piece(); });
    });
  }

  Services& services_;
  std::optional<HttpReply> reply_;
  std::function<PoolAnswer()> work_;
  PoolAnswer answer_;
  std::string piece_;
  bool more_ = false;
  bool failed_ = false;
};

}  // namespace

void answer_on_pool(Services& services, HttpReply reply, std::function<PoolAnswer()> work) {
  std::make_shared<Exchange>(services, std::move(reply), std::move(work))->start();
}

}  // namespace libsql::server::replication
