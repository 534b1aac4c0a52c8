#include "replica/puller.h"

#include <string>
#include <utility>

#include "libsql/error.h"
#include "replica/generations_puller.h"
#include "replica/updates_puller.h"

namespace libsql::replica {

namespace {

bool is_any(int status) { return status != 401 && status != 403; }

}  // namespace

// Turso Cloud answers 200, sqld and tursodb 404.
std::vector<Protocol> Puller::candidates() {
  remote::Download::Request request;
  request.method = "GET";
  request.target = "/info";
  const Primary::Answer answer = primary_.ask(std::move(request), &is_any);
  if (answer.status == 200) return {Protocol::updates, Protocol::generations};
  return {Protocol::replication_log, Protocol::updates};
}

void Puller::pull_by(Protocol protocol, SyncTurn& turn, const Goal& goal, Pulled& pulled) {
  switch (protocol) {
    case Protocol::replication_log:
      return log_.pull(turn, goal, pulled);
    case Protocol::generations:
      return pull_generations(primary_, turn, pulled);
    case Protocol::updates:
      return pull_updates(primary_, turn, pulled);
  }
}

void Puller::pull(SyncTurn& turn, const Goal& goal, Pulled& pulled) {
  if (!protocol_ && turn.need() != Need::everything) protocol_ = turn.position().protocol;
  if (protocol_) {
    try {
      return pull_by(*protocol_, turn, goal, pulled);
    } catch (const NotServed&) {
      protocol_.reset();
    }
  }
  std::string refusals;
  for (const Protocol protocol : candidates()) {
    try {
      pull_by(protocol, turn, goal, pulled);
      protocol_ = protocol;
      return;
    } catch (const NotServed& refusal) {
      if (!refusal.message.empty()) refusals += "; " + refusal.message;
    }
  }
  throw Error(
      ErrorKind::unsupported,
      "the server offers none of the protocols by which replicas are kept (replication log, "
      "/pull-updates, generations)" +
          refusals);
}

}  // namespace libsql::replica
