#include "remote/socket_stream.h"

#include <utility>

namespace libsql::remote {

SocketStream::~SocketStream() { user_->hub().abandon(state_); }

std::shared_ptr<SocketExchange> SocketStream::prepare(SocketExchange::Spec spec,
                                                      std::shared_ptr<Answer> answer) {
  const auto id = state_->id();
  std::optional<KeptStream> kept;
  if (!id) kept = origin().kept_streams().take();
  spec.opens_stream = !id;
  spec.stream_id = id ? *id : kept ? kept->id : origin().streams().take();
  auto exchange = std::make_shared<SocketExchange>(
      user_->hub().shared_origin(), state_, std::move(spec), std::move(kept), std::move(answer));
  if (!id) exchange->add(hrana::OpenStream{});
  return exchange;
}

void SocketStream::begin(const std::shared_ptr<SocketExchange>& exchange, const auto& add) {
  try {
    add();
  } catch (const Error& error) {
    // What the server's version does not have is no mistake of the caller.
    if (error.kind() != ErrorKind::unsupported) throw;
    user_->hub().refuse(exchange, error);
    return;
  }
  state_->set_id(exchange->spec().stream_id);
  state_->set_current(exchange);
  user_->hub().begin(exchange);
}

void SocketStream::send(const Exchange& exchange, std::shared_ptr<Answer> answer) {
  SocketExchange::Spec spec;
  spec.keeps_stream =
      exchange.close && exchange.leaves_nothing && origin().kept_streams().has_room();
  spec.closes_stream = exchange.close && !spec.keeps_stream;
  spec.repeatable = exchange.repeatable;
  spec.deadline = exchange.deadline;
  const auto prepared = prepare(std::move(spec), std::move(answer));
  begin(prepared, [&] {
    for (const hrana::Request& request : exchange.requests) prepared->add(request);
    if (prepared->spec().closes_stream) prepared->add(hrana::CloseStream{});
  });
}

void SocketStream::open_cursor(const Cursor& cursor, std::shared_ptr<Answer> answer) {
  SocketExchange::Spec spec;
  spec.repeatable = cursor.repeatable;
  spec.deadline = cursor.deadline;
  spec.cursor = std::make_shared<SocketCursor>(origin().cursors().take());
  spec.opens_cursor = true;
  const std::int32_t id = spec.cursor->id();
  const auto opened = spec.cursor;
  const auto prepared = prepare(std::move(spec), std::move(answer));
  begin(prepared, [&] {
    prepared->add(hrana::OpenCursor{id, cursor.batch});
    prepared->add(hrana::FetchCursor{id, cursor.max_rows});
    state_->set_cursor(opened);
  });
}

void SocketStream::fetch(std::uint32_t max_rows, Deadline deadline,
                         std::shared_ptr<Answer> answer) {
  SocketExchange::Spec spec;
  spec.deadline = deadline;
  spec.cursor = state_->cursor();
  const std::int32_t id = spec.cursor->id();
  const auto prepared = prepare(std::move(spec), std::move(answer));
  begin(prepared, [&] { prepared->add(hrana::FetchCursor{id, max_rows}); });
}

void SocketStream::close_cursor() noexcept { user_->hub().close_cursor(state_); }

void SocketStream::cancel() noexcept {
  if (const auto exchange = state_->current()) user_->hub().cancel(exchange);
}

SocketTransport::SocketTransport(Url url, const RemoteOptions& options,
                                 SocketEnvironment environment)
    : options_(options),
      user_(std::make_shared<SocketHubUser>(
          std::make_shared<SocketOrigin>(std::move(url), options, std::move(environment)))) {}

std::unique_ptr<Stream> SocketTransport::open_stream() {
  return std::make_unique<SocketStream>(user_);
}

std::shared_ptr<HttpOrigin> SocketTransport::http() {
  const core::MutexLock lock(mutex_);
  if (http_ == nullptr) {
    const SocketEnvironment& environment = origin().environment();
    Url url = origin().url();
    url.protocol = Protocol::http;
    http_ = std::make_shared<HttpOrigin>(std::move(url), options_,
                                         HttpEnvironment{environment.io, environment.http_client(),
                                                         environment.draw, environment.backoff});
  }
  return http_;
}

std::optional<int> SocketTransport::version() const noexcept { return origin().version(); }

}  // namespace libsql::remote
