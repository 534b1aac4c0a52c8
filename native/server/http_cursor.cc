#include "server/http_cursor.h"

#include <utility>

#include "server/batch_run.h"
#include "server/encoded_error.h"
#include "server/failures.h"

#include <boost/asio/post.hpp>

namespace libsql::server {
namespace {

constexpr std::size_t kFirstPortionRows = 64;  // The first rows leave early.
constexpr std::size_t kPortionBytes = std::size_t{128} * 1024;

// One request of HTTP. Its members belong to the I/O thread, and while a portion runs to the
// stream's; `run_` to the stream's alone.
class CursorExchange : public std::enable_shared_from_this<CursorExchange> {
 public:
  CursorExchange(Services& services, hrana::Encoding encoding, HttpRequest request, HttpReply reply)
      : services_(services),
        encoding_(encoding),
        request_(std::move(request)),
        reply_(std::move(reply)),
        codec_(hrana::make_server_codec(encoding, limits_of(services.options))) {}

  void start() {
    try {
      access_ = services_.authenticator.by_header(
          request_.header(boost::beast::http::field::authorization));
      cursor_ = codec_->decode_cursor(request_.message.body());
      services_.http_streams.lease(
          cursor_.baton,
          [self = shared_from_this()](HttpStreams::Lease lease) { self->begin(std::move(lease)); });
    } catch (const RequestRefused& error) {
      reply_.send(encoded_error(encoding_, error));
    } catch (const hrana::Malformed& error) {
      reply_.send(encoded_error(encoding_, malformed_request(error)));
    }
  }

 private:
  void begin(HttpStreams::Lease lease) {
    lease_.emplace(std::move(lease));
    reply_.on_disconnect([self = shared_from_this()] { self->abandon(); });
    lease_->stream().stream.post([self = shared_from_this()](SqlSession& session) mutable {
      self->resolve(session);
      auto& context = self->services_.context;
      boost::asio::post(context, [done = std::move(self)] { done->send_head(); });
    });
  }

  // The client has gone: the batch must end on its own thread, and this object on the I/O thread.
  void abandon() {
    lease_->stream().stream.abandon();
    lease_->stream().stream.post([self = shared_from_this()](SqlSession& /*session*/) mutable {
      self->run_.reset();
      auto& context = self->services_.context;
      boost::asio::post(context, [done = std::move(self)] {});
    });
  }

  // On the stream's thread.
  void resolve(SqlSession& session) {
    try {
      resolved_.resolve(cursor_.batch, lease_->stream().texts);
      run_.emplace(session, cursor_.batch, access_);
    } catch (const RequestRefused& error) {
      refusal_ = error;
    }
  }

  void send_head() {
    if (refusal_) {
      reply_.send(encoded_error(encoding_, *refusal_));
      lease_.reset();
      return;
    }
    const std::string baton = lease_->baton();
    hrana::StreamHead head;
    head.baton = baton;
    writer_ = codec_->write_cursor(head);
    const bool json = encoding_ == hrana::Encoding::json;
    reply_.begin(200, json ? kText : "application/octet-stream");
    portion_.entries = kFirstPortionRows;
    portion_.bytes = kPortionBytes;
    post_portion();
  }

  void post_portion() {
    lease_->stream().stream.post([self = shared_from_this()](SqlSession& /*session*/) mutable {
      self->run_portion();
      auto& context = self->services_.context;
      boost::asio::post(context, [done = std::move(self)] { done->send_portion(); });
    });
  }

  // On the stream's thread.
  void run_portion() {
    try {
      done_ = run_->advance(*writer_, portion_);
      if (done_)
        writer_->replication_index(std::nullopt);  // The end, for clients that wait for it.
    } catch (const RequestRefused& error) {
      writer_->error(error.view());
      done_ = true;
    }
    if (done_) run_.reset();
    portion_.entries = BatchRun::everything().entries;
  }

  void send_portion() {
    reply_.write(writer_->take(), [self = shared_from_this()] {
      if (!self->done_) return self->post_portion();
      self->reply_.end();
      self->lease_->keep();
      self->lease_.reset();
    });
  }

  Services& services_;
  const hrana::Encoding encoding_;
  HttpRequest request_;
  HttpReply reply_;
  const std::unique_ptr<hrana::ServerCodec> codec_;
  Access access_ = Access::read_only;
  hrana::CursorRequest cursor_;
  std::optional<HttpStreams::Lease> lease_;
  ResolvedSql resolved_;
  std::optional<RequestRefused> refusal_;
  std::unique_ptr<hrana::AnswerWriter> writer_;
  std::optional<BatchRun> run_;
  BatchRun::Portion portion_;
  bool done_ = false;
};

}  // namespace

void serve_cursor(Services& services, hrana::Encoding encoding, HttpRequest request,
                  HttpReply reply) {
  std::make_shared<CursorExchange>(services, encoding, std::move(request), std::move(reply))
      ->start();
}

}  // namespace libsql::server
