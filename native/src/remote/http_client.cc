#include "remote/http_client.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "libsql/error.h"
#include "remote/http_exchange.h"

#include <boost/asio/post.hpp>

namespace libsql::remote {

namespace {

// A line break would begin another header.
void require_one_line(std::string_view text) {
  const auto is_control = [](char c) { return (c >= '\0' && c < ' ' && c != '\t') || c == '\x7F'; };
  if (std::ranges::any_of(text, is_control)) {
    throw Error(ErrorKind::invalid_argument, "an HTTP header holds a control character");
  }
}

}  // namespace

struct HttpClient::State {
  State(IoThread& io, const Options& options)
      : context(io.context()),
        tls(options.tls != nullptr
                ? options.tls
                : std::make_shared<boost::asio::ssl::context>(make_tls_context(options.ca_file))),
        proxies(options.proxies),
        way{io.context(), *tls, io.resolver(), proxies},
        pool(options.pool),
        gate(options.max_requests_per_server),
        max_body_bytes(options.max_body_bytes) {}

  boost::asio::io_context& context;
  std::atomic<ExchangeId> next_id{1};
  // Of the I/O thread:
  const std::shared_ptr<boost::asio::ssl::context> tls;
  const ProxySettings proxies;
  const Connector::Environment way;
  HttpPool pool;
  HttpGate gate;
  std::uint64_t max_body_bytes;
  std::map<ExchangeId, std::shared_ptr<HttpExchange>> running;
};

HttpClient::HttpClient(IoThread& io, const Options& options)
    : state_(std::make_shared<State>(io, options)) {}

HttpClient::~HttpClient() {
  boost::asio::post(state_->context, [state = state_] {
    while (!state->running.empty()) {
      const auto exchange = state->running.begin()->second;
      exchange->cancel();
    }
    state->pool.clear();
  });
}

HttpClient::ExchangeId HttpClient::start(HttpRequest request, std::shared_ptr<HttpEvents> events) {
  require_one_line(request.method);
  require_one_line(request.target);
  for (const auto& [name, value] : request.headers) {
    require_one_line(name);
    require_one_line(value);
  }
  const ExchangeId id = state_->next_id++;
  boost::asio::post(state_->context, [state = state_, id, request = std::move(request),
                                      events = std::move(events)]() mutable {
    const HttpExchange::Environment environment{state->way, state->pool, state->gate,
                                                state->max_body_bytes};
    // The exchange keeps the state, whose members it uses, through this function.
    auto exchange =
        std::make_shared<HttpExchange>(environment, std::move(request), std::move(events),
                                       [state, id] { state->running.erase(id); });
    state->running.emplace(id, exchange);
    exchange->start();
  });
  return id;
}

void HttpClient::cancel(ExchangeId id) {
  boost::asio::post(state_->context, [state = state_, id] {
    const auto found = state->running.find(id);
    if (found == state->running.end()) return;
    const auto exchange = found->second;
    exchange->cancel();
  });
}

void HttpClient::resume(ExchangeId id, std::chrono::steady_clock::time_point deadline) {
  boost::asio::post(state_->context, [state = state_, id, deadline] {
    const auto found = state->running.find(id);
    if (found == state->running.end()) return;
    const auto exchange = found->second;
    exchange->resume(deadline);
  });
}

}  // namespace libsql::remote
