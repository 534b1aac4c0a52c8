#include "remote/resolver.h"

#include <chrono>
#include <map>
#include <utility>

#include "core/mutex.h"
#include "core/thread_pool.h"
#include "libsql/error.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

namespace libsql::remote {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Names that are looked up at once; one more waits.
constexpr std::size_t kMostThreads = 16;

}  // namespace

class Resolver::State {
 public:
  State(asio::io_context& context, LookUp look_up)
      : look_up_(std::move(look_up)), context_(&context) {}

  using Key = std::pair<std::string, std::uint16_t>;

  // True if it is the first to ask.
  bool wait_for(const Key& key, Answer answer) {
    const core::MutexLock lock(mutex_);
    auto& waiting = waiting_[key];
    waiting.push_back(std::move(answer));
    return waiting.size() == 1;
  }
  void look_up(const Key& key) {
    Code error;
    Addresses addresses = look_up_(key.first, key.second, error);
    finish(key, error, std::move(addresses));
  }
  void finish(const Key& key, const Code& error, Addresses addresses) {
    const core::MutexLock lock(mutex_);
    const auto waiting = waiting_.extract(key);
    if (context_ == nullptr || waiting.empty()) return;
    asio::post(*context_, [answers = waiting.mapped(), error, addresses = std::move(addresses)] {
      for (const Answer& answer : answers) answer(error, addresses);
    });
  }
  void close() {
    std::map<Key, std::vector<Answer>> dropped;
    const core::MutexLock lock(mutex_);
    context_ = nullptr;
    dropped.swap(waiting_);
  }

 private:
  const LookUp look_up_;
  core::Mutex mutex_;
  asio::io_context* context_ LIBSQL_GUARDED_BY(mutex_);  // Null at the end.
  std::map<Key, std::vector<Answer>> waiting_ LIBSQL_GUARDED_BY(mutex_);
};

namespace {

// Of the process: a look-up may outlive every resolver.
core::ThreadPool& threads() {
  static core::ThreadPool pool({kMostThreads, std::chrono::seconds(10)});
  return pool;
}

}  // namespace

Resolver::Resolver(asio::io_context& context, LookUp look_up)
    : state_(std::make_shared<State>(context, std::move(look_up))) {}

Resolver::~Resolver() { state_->close(); }

void Resolver::resolve(const std::string& host, std::uint16_t port, Answer answer) {
  const State::Key key{host, port};
  if (!state_->wait_for(key, std::move(answer))) return;
  Code no_address;
  const auto address = asio::ip::make_address(host, no_address);
  if (!no_address) {
    state_->finish(key, {}, {tcp::endpoint(address, port)});
    return;
  }
  bool posted = false;
  try {
    posted = threads().post([state = state_, key] { state->look_up(key); });
  } catch (const Error&) {
    posted = false;
  }
  if (!posted) state_->finish(key, asio::error::no_memory, {});
}

Resolver::Addresses Resolver::ask_system(const std::string& host, std::uint16_t port, Code& error) {
  asio::io_context context(1);
  tcp::resolver resolver(context);
  Addresses addresses;
  for (const auto& found : resolver.resolve(host, std::to_string(port), error)) {
    addresses.push_back(found.endpoint());
  }
  return addresses;
}

}  // namespace libsql::remote
