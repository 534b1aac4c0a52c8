#include "server/change_hub.h"

#include <utility>
#include <variant>

#include <boost/asio/post.hpp>

namespace libsql::server {

EventHandler ChangeHub::collect() {
  return [hub = weak_from_this(), commit = Commit()](const Event& event) mutable {
    if (const auto* const change = std::get_if<RowChange>(&event)) {
      if (change->database != "main") return;
      ChangeCounts& counts = commit[change->table];
      switch (change->kind) {
        case RowChange::Kind::insert:
          ++counts.inserted;
          break;
        case RowChange::Kind::update:
          ++counts.updated;
          break;
        case RowChange::Kind::del:
          ++counts.deleted;
          break;
      }
    } else if (std::holds_alternative<Committed>(event) && !commit.empty()) {
      const auto self = hub.lock();
      if (!self) return;
      boost::asio::post(self->context_,
                        [self, done = std::exchange(commit, {})] { self->publish(done); });
    }
  };
}

std::shared_ptr<void> ChangeHub::listen(const std::string& table, Listener listener) {
  const std::uint64_t id = ++last_id_;
  listeners_[table][id] = std::move(listener);
  return {this, [hub = weak_from_this(), table, id](ChangeHub* /*self*/) {
            const auto self = hub.lock();
            if (!self) return;
            auto& of_table = self->listeners_[table];
            of_table.erase(id);
            if (of_table.empty()) self->listeners_.erase(table);
          }};
}

void ChangeHub::publish(const Commit& commit) {
  for (const auto& [table, counts] : commit) {
    const auto found = listeners_.find(table);
    if (found == listeners_.end()) continue;
    const auto listeners = found->second;  // A listener may end its listening.
    for (const auto& [id, listener] : listeners) listener(counts);
  }
}

}  // namespace libsql::server
