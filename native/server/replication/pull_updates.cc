#include "server/replication/pull_updates.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "hrana/malformed.h"
#include "libsql/error.h"
#include "server/encoded_error.h"
#include "server/replication/page_updates.h"
#include "server/replication/primary_log.h"

#include <boost/asio/steady_timer.hpp>
#include <protozero/exception.hpp>

namespace libsql::server::replication {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookInterval{10};
constexpr std::chrono::milliseconds kLongestWait{60'000};

PoolAnswer refused(const RequestRefused& error) { return json_error(error.status(), error.view()); }

// On a thread of the pool.
PoolAnswer answer(Services& services, const HttpRequest& request) {
  try {
    const UpdatesQuestion question = read_updates_question(request.message.body());
    return StreamedBody{"application/protobuf",
                        updates_body(services.engine->log->view(), question)};
  } catch (const RequestRefused& error) {
    return refused(error);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unsupported) throw;
    return json_error(501, {error.message(), "UNSUPPORTED", {}});
  }
}

// One request, until it need not wait. Kept alive by its timer.
class Pull : public std::enable_shared_from_this<Pull> {
 public:
  Pull(Services& services, HttpRequest request, HttpReply reply)
      : services_(services),
        request_(std::make_shared<const HttpRequest>(std::move(request))),
        reply_(std::move(reply)),
        timer_(services.context) {}

  void start() {
    try {
      static_cast<void>(services_.authenticator.by_header(
          request_->header(boost::beast::http::field::authorization)));
      const UpdatesQuestion question = read_updates_question(request_->message.body());
      has_ = question.since;
      const bool waits = question.wait_ms > 0 && question.at.empty() && !has_.empty();
      if (!waits) return send();
      end_ = Clock::now() + std::min(std::chrono::milliseconds(question.wait_ms), kLongestWait);
      reply_.cut_when_stopping();
      reply_.on_disconnect([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->timer_.cancel();
      });
      look();
    } catch (const RequestRefused& error) {
      reply_.send(json_error(error.status(), error.view()));
    } catch (const hrana::Malformed& error) {
      reply_.send(encoded_error(hrana::Encoding::json, malformed_request(error)));
    } catch (const protozero::exception& error) {
      reply_.send(json_error(400, {error.what(), "MALFORMED_REQUEST", {}}));
    }
  }

 private:
  // The client has the newest revision, as far as is known: its text begins with the head.
  [[nodiscard]] bool is_newest() const {
    const auto head = services_.engine->log->head();
    return head && has_.substr(0, has_.find(':')) == std::to_string(*head);
  }

  void look() {
    if (!is_newest() || Clock::now() >= end_) return send();
    timer_.expires_after(kLookInterval);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->look();
    });
  }

  void send() {
    answer_on_pool(services_, std::move(reply_), [&services = services_, request = request_] {
      return answer(services, *request);
    });
  }

  Services& services_;
  const std::shared_ptr<const HttpRequest> request_;
  HttpReply reply_;
  boost::asio::steady_timer timer_;
  std::string_view has_;  // In the request's body.
  Clock::time_point end_;
};

}  // namespace

void serve_pull_updates(Services& services, HttpRequest request, HttpReply reply) {
  std::make_shared<Pull>(services, std::move(request), std::move(reply))->start();
}

}  // namespace libsql::server::replication
