#include "server/server.h"

#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "libsql/error.h"
#include "server/http_session.h"
#include "server/services.h"
#include "server/temporary_folder.h"
#include "server/wire.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace libsql::server {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kLookInterval{10};
constexpr std::chrono::milliseconds kPoolPatience{2000};

std::optional<asio::ssl::context> make_tls(const Options& options) {
  if (options.certificate_file.empty() && options.key_file.empty()) return std::nullopt;
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  Code error;
  context.use_certificate_chain_file(options.certificate_file, error);
  if (!error) context.use_private_key_file(options.key_file, asio::ssl::context::pem, error);
  if (error) {
    throw Error(ErrorKind::invalid_argument, "cannot use the certificate " +
                                                 options.certificate_file + " with the key " +
                                                 options.key_file + ": " + error.message());
  }
  return context;
}

tcp::endpoint endpoint_of(const Options& options) {
  Code error;
  const std::string host = options.host == "localhost" ? "127.0.0.1" : options.host;
  const auto address = asio::ip::make_address(host, error);
  if (error) {
    throw Error(ErrorKind::cannot_open, "cannot listen on " + options.host + ": not an address");
  }
  return {address, options.port};
}

tcp::acceptor listen_on(asio::io_context& context, const Options& options) {
  const tcp::endpoint endpoint = endpoint_of(options);
  try {
    return {context, endpoint};
  } catch (const boost::system::system_error& error) {
    throw Error(ErrorKind::cannot_open, "cannot listen on " + options.host + ":" +
                                            std::to_string(options.port) + ": " +
                                            error.code().message());
  }
}

}  // namespace

class Server::Core {
 public:
  explicit Core(const Options& options)
      : tls_(make_tls(options)),
        folder_(options.database.empty() ? std::make_unique<TemporaryFolder>() : nullptr),
        changes_(std::make_shared<ChangeHub>(context_)),
        services_(context_, options, make_engine(options), changes_),
        acceptor_(listen_on(context_, options)),
        look_(context_) {
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }

  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  // Without memory it ends the process. NOLINTNEXTLINE(bugprone-exception-escape)
  ~Core() { stop({}); }

  [[nodiscard]] tcp::endpoint endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] bool encrypted() const noexcept { return tls_.has_value(); }

  // Without memory it ends the process. NOLINTNEXTLINE(bugprone-exception-escape)
  void stop(std::chrono::milliseconds patience) noexcept {
    if (!thread_.joinable()) return;
    std::promise<void> drained;
    asio::post(context_, [this, patience, &drained] {
      Code ignored;
      acceptor_.close(ignored);
      services_.peers.for_each([](Peer& peer) { peer.finish(); });
      look(std::chrono::steady_clock::now() + patience, drained);
    });
    drained.get_future().wait();
    services_.engine->log->stop();
    services_.pool.stop(kPoolPatience);
    work_.reset();
    context_.stop();
    thread_.join();
    // What streams have left there uses the pool and the other services when it ends.
    context_.restart();
    context_.poll();
    // A stream whose last task was dropped has not given its turn back.
    services_.engine->gate.leave();
  }

 private:
  [[nodiscard]] std::shared_ptr<Engine> make_engine(const Options& options) const {
    libsql::Options settings;
    std::string location = options.database;
    if (folder_) {
      location = (folder_->path() / "database.sqlite").string();
      settings.synchronous = "off";  // Nobody will read it after a crash.
    }
    settings.double_quoted_strings = true;  // As other libSQL servers.
    return std::make_shared<Engine>(
        Database(location, settings), location, [hub = changes_] { return hub->collect(); },
        options.most_response_bytes, options.transaction_time,
        options.generations ? replication::EndedGeneration::kept
                            : replication::EndedGeneration::dropped);
  }

  void accept() {
    acceptor_.async_accept([this](const Code& error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (!error) {
        Code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        const auto session = std::make_shared<HttpSession>(
            services_, Wire(std::move(socket), tls_ ? &*tls_ : nullptr));
        services_.peers.add(session);
        session->start();
      }
      accept();
    });
  }

  // Waits until all clients have gone, or it is time.
  void look(std::chrono::steady_clock::time_point end, std::promise<void>& drained) {
    if (services_.peers.empty() || std::chrono::steady_clock::now() >= end) {
      services_.peers.for_each([](Peer& peer) { peer.shut(); });
      services_.http_streams.clear();
      services_.proxy_streams.clear();
      drained.set_value();
      return;
    }
    look_.expires_after(kLookInterval);
    look_.async_wait([this, end, &drained](const Code& /*error*/) { look(end, drained); });
  }

  asio::io_context context_{1};
  std::optional<asio::ssl::context> tls_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::shared_ptr<ChangeHub> changes_;
  Services services_;
  tcp::acceptor acceptor_;
  const tcp::endpoint endpoint_ = acceptor_.local_endpoint();
  asio::steady_timer look_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_;
};

Server::Server(const Options& options) : core_(std::make_unique<Core>(options)) {}

Server::~Server() = default;

std::uint16_t Server::port() const noexcept { return core_->endpoint().port(); }

std::string Server::url() const {
  const tcp::endpoint endpoint = core_->endpoint();
  const std::string address = endpoint.address().to_string();
  const std::string host = endpoint.address().is_v6() ? "[" + address + "]" : address;
  return (core_->encrypted() ? "https://" : "http://") + host + ":" +
         std::to_string(endpoint.port());
}

// As Core::stop(). NOLINTNEXTLINE(bugprone-exception-escape)
void Server::stop(std::chrono::milliseconds patience) noexcept { core_->stop(patience); }

}  // namespace libsql::server
