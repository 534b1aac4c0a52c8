#include "remote/wait_alarm.h"

#include <boost/asio/post.hpp>

namespace libsql::remote {

void WaitAlarm::set(Deadline deadline) {
  boost::asio::post(context_, [self = shared_from_this(), deadline] {
    if (!self->rings_at_ || deadline < *self->rings_at_) self->wait_until(deadline);
  });
}

void WaitAlarm::wait_until(Deadline deadline) {
  rings_at_ = deadline;
  timer_.expires_at(deadline);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || self == nullptr) return;
    self->rings_at_.reset();
    if (const auto next = self->ring_()) self->wait_until(*next);
  });
}

}  // namespace libsql::remote
