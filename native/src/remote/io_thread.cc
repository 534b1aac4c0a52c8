#include "remote/io_thread.h"

#include <boost/asio/post.hpp>

namespace libsql::remote {

IoThread::IoThread()
    : context_(1), work_(context_.get_executor()), thread_([this] { context_.run(); }) {}

IoThread::~IoThread() {
  boost::asio::post(context_, [this] { context_.stop(); });
  thread_.join();
}

}  // namespace libsql::remote
