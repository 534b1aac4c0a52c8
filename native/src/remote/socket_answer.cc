#include "remote/socket_answer.h"

#include "hrana/malformed.h"

namespace libsql::remote {

using hrana::RequestType;

void SocketAnswer::expect(RequestType type, SocketExchange* exchange) noexcept {
  type_ = type;
  exchange_ = exchange;
}

bool SocketAnswer::is_silent() const noexcept {
  return type_ == RequestType::open_stream || type_ == RequestType::close_stream ||
         type_ == RequestType::open_cursor || type_ == RequestType::close_cursor;
}

hrana::Receiver* SocketAnswer::target() const {
  if (exchange_ == nullptr || exchange_->finished() || exchange_->refused || is_silent()) {
    return nullptr;
  }
  exchange_->delivered = true;
  if (type_ != RequestType::fetch_cursor) return &exchange_->answer();
  return &exchange_->spec().cursor->entries_for(exchange_->answer());
}

void SocketAnswer::begin(RequestType type, std::uint32_t steps) {
  if (type != type_) {
    throw hrana::Malformed(hrana::Fault::mismatch, "type", "is another than the request's");
  }
  if (auto* const receiver = target()) receiver->begin(type, steps);
}

void SocketAnswer::step_begin(std::uint32_t step, std::span<const hrana::Column> columns) {
  if (auto* const receiver = target()) receiver->step_begin(step, columns);
}

bool SocketAnswer::row(std::span<const ValueView> values) {
  auto* const receiver = target();
  return receiver != nullptr && receiver->row(values);
}

void SocketAnswer::step_end(const hrana::StepEnd& end) {
  if (auto* const receiver = target()) receiver->step_end(end);
}

void SocketAnswer::step_error(std::uint32_t step, const hrana::ErrorView& error) {
  if (exchange_ != nullptr) exchange_->failed = true;
  if (auto* const receiver = target()) receiver->step_error(step, error);
}

void SocketAnswer::replication_index(std::optional<std::uint64_t> index) {
  if (auto* const receiver = target()) receiver->replication_index(index);
}

void SocketAnswer::fetched(bool done) {
  if (auto* const receiver = target()) receiver->fetched(done);
}

void SocketAnswer::description(const hrana::Description& description) {
  if (auto* const receiver = target()) receiver->description(description);
}

void SocketAnswer::autocommit(bool is_autocommit) {
  if (auto* const receiver = target()) receiver->autocommit(is_autocommit);
}

void SocketAnswer::end() {
  if (auto* const receiver = target()) receiver->end();
}

void SocketAnswer::error(const hrana::ErrorView& error) {
  if (exchange_ != nullptr) exchange_->failed = true;
  if (auto* const receiver = target()) {
    receiver->error(error);
  } else if (exchange_ != nullptr && !exchange_->refused &&
             (type_ == RequestType::open_stream || type_ == RequestType::open_cursor)) {
    // What follows on the stream or cursor fails as well, and says less.
    exchange_->refused.emplace(error);
  }
}

}  // namespace libsql::remote
