#include "remote/io_thread.h"

#include <exception>
#include <future>
#include <memory>
#include <utility>

#include "core/named_thread.h"

#include <boost/asio/post.hpp>

namespace libsql::remote {

IoThread::IoThread(Resolver::LookUp look_up)
    : context_(1),
      work_(context_.get_executor()),
      resolver_(context_, std::move(look_up)),
      thread_(core::start_thread("libsql-network", [this] { context_.run(); })) {}

IoThread::~IoThread() {
  boost::asio::post(context_, [this] { context_.stop(); });
  thread_.join();
}

void IoThread::park(std::chrono::milliseconds patience) noexcept {
  if (is_current()) return;
  try {
    const auto parked = std::make_shared<std::promise<void>>();
    std::future<void> future = parked->get_future();
    boost::asio::post(context_, [parked] {
      parked->set_value();
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    });
    future.wait_for(patience);
  } catch (const std::exception&) {
    // Without memory it goes on.
  }
}

}  // namespace libsql::remote
