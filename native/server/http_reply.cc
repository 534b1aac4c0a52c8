#include "server/http_reply.h"

#include <utility>

#include "hrana/json_writer.h"

namespace libsql::server {

HttpReply::~HttpReply() {
  if (!peer_) return;
  if (begun_) {
    peer_->abort();
  } else {
    send(json_error(500, {"the stream has ended before the request ran", "STREAM_ENDED", {}}));
  }
}

void HttpReply::send(HttpResponse response) {
  if (const auto peer = std::exchange(peer_, nullptr)) peer->send(std::move(response));
}

void HttpReply::begin(int status, std::string_view content_type) {
  begun_ = true;
  if (peer_) peer_->begin(status, content_type);
}

void HttpReply::end() {
  if (const auto peer = std::exchange(peer_, nullptr)) peer->end();
}

HttpResponse json_error(int status, const hrana::ErrorView& error) {
  HttpResponse response{status, std::string(kJson), {}};
  hrana::json::append_error(error, response.body);
  return response;
}

}  // namespace libsql::server
