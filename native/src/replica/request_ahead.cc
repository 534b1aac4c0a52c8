#include "replica/request_ahead.h"

#include <exception>
#include <utility>

#include "remote/http_origin.h"

namespace libsql::replica {

void RequestAhead::expect(Origin origin, remote::Download::Request request) {
  const core::MutexLock lock(mutex_);
  expected_ = Expected{std::move(origin), std::move(request), nullptr};
}

void RequestAhead::forget() noexcept {
  const core::MutexLock lock(mutex_);
  expected_.reset();
}

void RequestAhead::send() noexcept {
  const core::MutexLock lock(mutex_);
  if (!expected_ || expected_->sent || !expected_->origin->has_fixed_token()) return;
  try {
    auto download =
        std::make_unique<remote::Download>(expected_->origin, expected_->request, patience_);
    download->send();
    expected_->sent = std::move(download);
  } catch (const std::exception&) {
    expected_.reset();
  }
}

RequestAhead::Sent RequestAhead::take(const Origin& origin,
                                      const remote::Download::Request& request) {
  const core::MutexLock lock(mutex_);
  std::optional<Expected> expected = std::exchange(expected_, std::nullopt);
  if (!expected || expected->origin != origin || expected->request != request) return nullptr;
  return std::move(expected->sent);
}

}  // namespace libsql::replica
