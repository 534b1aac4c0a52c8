#include "remote/socket_exchange.h"

#include <functional>
#include <utility>

#include "hrana/codec.h"
#include "hrana/request_info.h"
#include "remote/encoder.h"
#include "remote/server_error.h"
#include "remote/socket_link.h"
#include "remote/version_2.h"

#include <boost/asio/post.hpp>

namespace libsql::remote {

namespace {

using Executed = StreamFailure::Executed;

std::shared_ptr<const std::string> encoded(const hrana::Subprotocol& subprotocol,
                                           const hrana::SocketRequest& request) {
  auto text = std::make_shared<std::string>();
  encoder_of_thread(subprotocol.encoding).encode(hrana::ClientMessage(request), *text);
  return text;
}

// The request for a server of this version; nothing if it is left out there. Errors: unsupported.
std::optional<hrana::Request> for_version(const hrana::Request& request, int version) {
  if (version >= 3) return request;
  auto left = for_version_2({&request, 1});
  if (left.empty()) return std::nullopt;
  const hrana::RequestInfo& info = hrana::info_of(hrana::type_of(left.front()));
  if (info.since > version) {
    throw Error(ErrorKind::unsupported, "the server speaks version " + std::to_string(version) +
                                            " of Hrana, and " + std::string(info.socket_name) +
                                            " needs version " + std::to_string(info.since));
  }
  return std::move(left.front());
}

}  // namespace

void SocketCursor::fetched(bool done) {
  if (done) order_.finish();
  done_ = done_ || done;
  answer_->fetched(done);
}

SocketExchange::SocketExchange(std::shared_ptr<SocketOrigin> origin,
                               std::shared_ptr<SocketStreamState> stream, Spec spec,
                               std::optional<KeptStream> kept, std::shared_ptr<Answer> answer)
    : origin_(std::move(origin)),
      stream_(std::move(stream)),
      spec_(std::move(spec)),
      kept_(std::move(kept)),
      encoded_for_(origin_->subprotocol()),
      answer_(std::move(answer)) {
  if (spec_.keeps_stream) origin_->kept_streams().add_user();
}

SocketExchange::~SocketExchange() {
  if (spec_.keeps_stream) origin_->kept_streams().remove_user();
  for (const SocketMessage& message : messages_) {
    if (!message.open) origin_->requests().give_back(message.request_id);
  }
  if (on_socket) return;
  if (kept_) {
    boost::asio::post(origin_->context(),
                      [origin = origin_, kept = *kept_] { SocketLink::end(*origin, kept); });
  } else if (spec_.opens_stream) {
    origin_->streams().give_back(spec_.stream_id);
  }
  if (spec_.opens_cursor) origin_->cursors().give_back(spec_.cursor->id());
}

void SocketExchange::add(const hrana::Request& request) {
  const auto suitable = for_version(request, encoded_for_.version);
  if (!suitable) return;
  SocketMessage message{origin_->requests().take(), hrana::type_of(*suitable), nullptr};
  messages_.push_back(message);  // From here on the destructor gives the id back.
  messages_.back().text = encoded(encoded_for_, {message.request_id, spec_.stream_id, *suitable});
  const std::size_t size = messages_.back().text->size();
  const std::size_t most = origin_->environment().socket.max_message_bytes;
  if (size <= most) return;
  // The server would close the socket, with the streams of everybody on it.
  throw Error(ErrorKind::too_big, "a request of " + std::to_string(size) +
                                      " bytes is more than the " + std::to_string(most) +
                                      " that servers take over a WebSocket: send less at once");
}

void SocketExchange::encode_for(const hrana::Subprotocol& subprotocol) {
  if (subprotocol == encoded_for_) return;
  // What is understood by a server can be read again here.
  const auto decoder = hrana::make_server_codec(encoded_for_.encoding);
  std::vector<SocketMessage> suitable;
  std::vector<std::int32_t> left_out;
  for (const SocketMessage& message : messages_) {
    std::string text = *message.text;
    auto decoded = std::get<hrana::SocketRequest>(decoder->decode_message(text));
    const auto request = for_version(decoded.request, subprotocol.version);
    if (!request) {
      left_out.push_back(message.request_id);
      continue;
    }
    decoded.request = *request;
    suitable.push_back({message.request_id, message.type, encoded(subprotocol, decoded)});
  }
  messages_ = std::move(suitable);
  for (const std::int32_t id : left_out) origin_->requests().give_back(id);
  encoded_for_ = subprotocol;
}

void SocketExchange::finish(const StreamFailure* failure) {
  if (finished()) return;
  timer_.reset();
  const bool open = failure == nullptr && !spec_.closes_stream && !spec_.keeps_stream;
  if (!open) stream_->set_id(std::nullopt);
  if (!open || (spec_.cursor && spec_.cursor->is_done())) stream_->set_cursor(nullptr);
  stream_->set_current(nullptr);
  const auto answer = std::move(answer_);
  answer_ = nullptr;
  answer->finished(failure, open);
}

void SocketExchange::fail(const Error& error, Executed executed) {
  const bool report = executed == Executed::unknown && !spec_.repeatable;
  const StreamFailure failure{executed, report ? with_unknown_outcome(error) : error};
  finish(&failure);
}

void SocketExchange::watch_deadline(std::function<void()> passed) {
  timer_.emplace(origin_->context(), spec_.deadline);
  timer_->async_wait([passed = std::move(passed)](const boost::system::error_code& error) {
    if (!error) passed();
  });
}

void SocketExchange::start_on(const std::shared_ptr<SocketLink>& link) {
  on_socket = true;
  ++attempts;
  if (!spec_.opens_stream) return;
  stream_->set_link(link);
  if (kept_ && kept_->link.lock() == link) {
    sent = answered = 1;  // The message that opens it.
    stream_until_ = kept_->until;
  } else {
    stream_until_ = std::chrono::steady_clock::now() + KeptStreams::kLifetime;
  }
}

void SocketExchange::rewind() noexcept {
  sent = 0;
  answered = 0;
  early.clear();
  refused.reset();
  on_socket = false;
}

bool SocketExchange::is_answered() const noexcept {
  return answered >= messages_.size() - (spec_.closes_stream ? 1 : 0);
}

}  // namespace libsql::remote
