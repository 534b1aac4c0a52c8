#include "remote/http_gate.h"

#include <utility>

namespace libsql::remote {

std::unique_ptr<HttpGate::Place> HttpGate::queue(const std::string& server,
                                                 std::function<void()> enter) {
  auto place = std::make_unique<Place>(*this, server);
  Server& at = servers_[server];
  if (at.inside < most_inside_) {
    ++at.inside;
    place->inside_ = true;
    enter();
    return place;
  }
  place->waiting_ =
      at.waiting.insert(at.waiting.end(), [of = place.get(), enter = std::move(enter)] {
        of->inside_ = true;
        enter();
      });
  return place;
}

HttpGate::Place::~Place() {
  const auto found = gate_.servers_.find(server_);
  Server& at = found->second;
  if (!inside_) {
    at.waiting.erase(waiting_);
  } else if (at.waiting.empty()) {
    if (--at.inside == 0) gate_.servers_.erase(found);
  } else {
    const auto next = std::move(at.waiting.front());  // It takes this place.
    at.waiting.pop_front();
    next();
  }
}

}  // namespace libsql::remote
