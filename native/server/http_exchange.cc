#include "server/http_exchange.h"

#include <utility>

#include "server/encoded_error.h"

#include <boost/asio/post.hpp>

namespace libsql::server {

HttpExchange::HttpExchange(Services& services, hrana::Encoding encoding, HttpRequest request,
                           HttpReply reply)
    : services_(services),
      encoding_(encoding),
      request_(std::move(request)),
      reply_(std::move(reply)),
      codec_(hrana::make_server_codec(encoding, limits_of(services.options))) {}

void HttpExchange::start() {
  try {
    access_ = services_.authenticator.by_header(
        request_.header(boost::beast::http::field::authorization));
    services_.http_streams.lease(decode(request_.message.body()),
                                 [self = shared_from_this()](HttpStreams::Lease lease) {
                                   self->lease_.emplace(std::move(lease));
                                   self->begin();
                                 });
  } catch (const RequestRefused& error) {
    refuse(error);
  } catch (const hrana::Malformed& error) {
    refuse(malformed_request(error));
  }
}

void HttpExchange::run(std::function<void(SqlSession&)> work, std::function<void()> next) {
  stream().post([self = shared_from_this(), work = std::move(work),
                 next = std::move(next)](SqlSession& session) mutable {
    work(session);
    // The last owner of this object may be the handler: it must end on the I/O thread.
    auto& context = self->services_.context;
    boost::asio::post(context, [done = std::move(self), next = std::move(next)] { next(); });
  });
}

void HttpExchange::refuse(const RequestRefused& error) {
  reply_.send(encoded_error(encoding_, error));
  lease_.reset();
}

}  // namespace libsql::server
