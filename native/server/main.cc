// The `libsql-dev-server` command: starts a server and waits for a signal, or for the end of the
// standard input.
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "libsql/error.h"
#include "server/arguments.h"
#include "server/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>

namespace libsql::server {
namespace {

constexpr int kFailed = 1;
constexpr std::chrono::milliseconds kPatience{2000};

// What ends the server. Made before it, so that no signal is missed.
class StopRequest {
 public:
  explicit StopRequest(bool with_stdin) : signals_(context_, SIGTERM, SIGINT), input_(context_) {
    signals_.async_wait([this](const boost::system::error_code&, int) { context_.stop(); });
    if (!with_stdin) return;
    input_.assign(dup(STDIN_FILENO));
    read();
  }

  void wait() { context_.run(); }

 private:
  // Takes what comes, until it ends.
  void read() {
    input_.async_read_some(boost::asio::buffer(bytes_),
                           [this](const boost::system::error_code& error, std::size_t) {
                             if (error) return context_.stop();
                             read();
                           });
  }

  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  boost::asio::posix::stream_descriptor input_;
  std::array<char, 256> bytes_{};
};

int command(int argc, char** argv) {
  Arguments arguments;
  if (const std::optional<int> code = parse_arguments(argc, argv, arguments)) return *code;
  std::signal(SIGPIPE, SIG_IGN);
  StopRequest stop(arguments.stop_with_stdin);
  Server server(arguments.options);
  std::cout << "listening " << server.url() << std::endl;
  stop.wait();
  server.stop(kPatience);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace libsql::server

int main(int argc, char** argv) {
  try {
    return libsql::server::command(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "libsql-dev-server: %s\n", error.what());
    return libsql::server::kFailed;
  }
}
