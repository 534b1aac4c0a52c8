#include "server/http_pipeline.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "server/encoded_error.h"
#include "server/failures.h"
#include "server/programs.h"

#include <boost/asio/post.hpp>

namespace libsql::server {
namespace {

// One request of HTTP. Its members belong to the I/O thread, and while it runs to the stream's.
class PipelineExchange : public std::enable_shared_from_this<PipelineExchange> {
 public:
  PipelineExchange(Services& services, hrana::Encoding encoding, HttpRequest request,
                   HttpReply reply)
      : services_(services),
        encoding_(encoding),
        request_(std::move(request)),
        reply_(std::move(reply)),
        codec_(hrana::make_server_codec(encoding, limits_of(services.options))) {}

  void start() {
    try {
      access_ = services_.authenticator.by_header(
          request_.header(boost::beast::http::field::authorization));
      pipeline_ = codec_->decode_pipeline(request_.message.body());
      require_close_last();
      services_.http_streams.lease(
          pipeline_.baton,
          [self = shared_from_this()](HttpStreams::Lease lease) { self->post(std::move(lease)); });
    } catch (const RequestRefused& error) {
      refuse(error);
    } catch (const hrana::Malformed& error) {
      refuse(malformed_request(error));
    }
  }

 private:
  void require_close_last() const {
    const auto& requests = pipeline_.requests;
    const auto close = std::ranges::find_if(requests, [](const hrana::Request& request) {
      return std::holds_alternative<hrana::CloseStream>(request);
    });
    if (close != requests.end() && close + 1 != requests.end()) {
      throw protocol_error("close must be the last request of a pipeline");
    }
  }

  void post(HttpStreams::Lease lease) {
    lease_.emplace(std::move(lease));
    // The stream stays alive until the client has gone or the answer is ready.
    reply_.on_disconnect([stream = lease_->shared()] { stream->stream.abandon(); });
    lease_->stream().stream.post([self = shared_from_this()](SqlSession& session) mutable {
      self->run(session);
      auto& context = self->services_.context;
      boost::asio::post(context, [done = std::move(self)] { done->conclude(); });
    });
  }

  // On the stream's thread.
  void run(SqlSession& session) {
    const auto writer = codec_->write_pipeline();
    try {
      for (hrana::Request& request : pipeline_.requests) answer_one(session, request, *writer);
    } catch (const RequestRefused& error) {
      refusal_ = error;
    }
    answers_ = writer->take();
  }

  void answer_one(SqlSession& session, hrana::Request& request, hrana::Receiver& out) {
    SqlStore& texts = lease_->stream().texts;
    if (const auto* const store = std::get_if<hrana::StoreSql>(&request)) {
      try {
        texts.put(store->sql_id, store->sql);
      } catch (const SqlError& error) {
        return out.error(error.view());
      }
    } else if (const auto* const close = std::get_if<hrana::CloseSql>(&request)) {
      texts.remove(close->sql_id);
    } else if (std::holds_alternative<hrana::CloseStream>(request)) {
      closed_ = true;
      session.close();
    } else {
      resolved_.resolve(request, texts);
    }
    answer(session, request, access_, out);
  }

  void conclude() {
    if (refusal_) return refuse(*refusal_);
    const std::string baton = lease_->baton();
    hrana::StreamHead head;
    if (!closed_) head.baton = baton;
    const std::string_view type = encoding_ == hrana::Encoding::json ? kJson : kProtobuf;
    reply_.send({200, std::string(type), codec_->pipeline_body(head, answers_)});
    if (!closed_) lease_->keep();
    lease_.reset();
  }

  void refuse(const RequestRefused& error) {
    reply_.send(encoded_error(encoding_, error));
    lease_.reset();
  }

  Services& services_;
  const hrana::Encoding encoding_;
  HttpRequest request_;
  HttpReply reply_;
  const std::unique_ptr<hrana::ServerCodec> codec_;
  Access access_ = Access::read_only;
  hrana::PipelineRequest pipeline_;
  std::optional<HttpStreams::Lease> lease_;
  ResolvedSql resolved_;
  std::string answers_;
  std::optional<RequestRefused> refusal_;
  bool closed_ = false;
};

}  // namespace

void serve_pipeline(Services& services, hrana::Encoding encoding, HttpRequest request,
                    HttpReply reply) {
  std::make_shared<PipelineExchange>(services, encoding, std::move(request), std::move(reply))
      ->start();
}

}  // namespace libsql::server
