#include "remote/io_thread.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace libsql::remote {

IoThread::IoThread(Resolver::LookUp look_up)
    : context_(1),
      work_(context_.get_executor()),
      resolver_(context_, std::move(look_up)),
      thread_([this] { context_.run(); }) {}

IoThread::~IoThread() {
  boost::asio::post(context_, [this] { context_.stop(); });
  thread_.join();
}

}  // namespace libsql::remote
