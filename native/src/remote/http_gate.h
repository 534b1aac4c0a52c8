// How many requests are under way to one server: the others wait, first come, first served.
#ifndef LIBSQL_REMOTE_HTTP_GATE_H_
#define LIBSQL_REMOTE_HTTP_GATE_H_

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace libsql::remote {

// Threads: thread-bound, to the I/O thread.
// Lifetime: it must outlive its places.
class HttpGate {
 public:
  class Place;

  explicit HttpGate(std::size_t most_inside) : most_inside_(most_inside) {}

  // A place at the server; `enter` is called once, now or when others have left. Destroying the
  // place gives it up, also while it still waits.
  [[nodiscard]] std::unique_ptr<Place> queue(const std::string& server,
                                             std::function<void()> enter);

 private:
  using Queue = std::list<std::function<void()>>;
  struct Server {
    std::size_t inside = 0;
    Queue waiting;
  };

  const std::size_t most_inside_;
  std::map<std::string, Server> servers_;
};

class HttpGate::Place {
 public:
  Place(HttpGate& gate, std::string server) : gate_(gate), server_(std::move(server)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place();

 private:
  friend class HttpGate;

  HttpGate& gate_;
  const std::string server_;
  bool inside_ = false;
  Queue::iterator waiting_;  // Unless it is inside.
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HTTP_GATE_H_
