#include "server/router.h"

#include <array>
#include <utility>

#include "libsql/database.h"
#include "server/http_cursor.h"
#include "server/http_pipeline.h"
#include "server/listen.h"
#include "server/replication/generations.h"
#include "server/replication/proxy.h"
#include "server/replication/pull_updates.h"
#include "server/replication/wal_log.h"

namespace libsql::server {
namespace {

namespace http = boost::beast::http;
using hrana::Encoding;
using Handler = void (*)(Services&, HttpRequest, HttpReply);

void pipeline_json(Services& services, HttpRequest request, HttpReply reply) {
  serve_pipeline(services, Encoding::json, std::move(request), std::move(reply));
}
void pipeline_protobuf(Services& services, HttpRequest request, HttpReply reply) {
  serve_pipeline(services, Encoding::protobuf, std::move(request), std::move(reply));
}
void cursor_json(Services& services, HttpRequest request, HttpReply reply) {
  serve_cursor(services, Encoding::json, std::move(request), std::move(reply));
}
void cursor_protobuf(Services& services, HttpRequest request, HttpReply reply) {
  serve_cursor(services, Encoding::protobuf, std::move(request), std::move(reply));
}
// As all handlers are called.
// NOLINTBEGIN(performance-unnecessary-value-param)
// A probe of a version of the protocol.
void supported(Services& /*services*/, HttpRequest /*request*/, HttpReply reply) {
  reply.send({200, std::string(kText), "libsql-dev-server speaks this version of Hrana"});
}
void health(Services& /*services*/, HttpRequest /*request*/, HttpReply reply) {
  reply.send({200, {}, {}});
}
void version(Services& /*services*/, HttpRequest /*request*/, HttpReply reply) {
  reply.send(
      {200, std::string(kText),
       "libsql-dev-server " LIBSQL_VERSION " (SQLite " + std::string(sqlite_version()) + ")"});
}
// NOLINTEND(performance-unnecessary-value-param)

// Whether the server was started for replicas that sync by generations.
enum class Offered : std::uint8_t { always, with_generations, without_generations };

struct Route {
  http::verb verb;
  std::string_view path;  // With a slash at its end, of all that begin with it.
  Handler handler;
  Offered offered = Offered::always;

  // HEAD asks for the head of what GET answers (RFC 9110, section 9.3.2): of the probes, whose
  // answers are short.
  [[nodiscard]] bool takes(http::verb wanted) const {
    if (wanted != http::verb::head) return verb == wanted;
    return handler == supported || handler == health || handler == version;
  }
  [[nodiscard]] bool fits(std::string_view wanted, const Options& options) const {
    if (offered != Offered::always &&
        (offered == Offered::with_generations) != options.generations) {
      return false;
    }
    return path.ends_with('/') ? wanted.starts_with(path) : wanted == path;
  }
};

constexpr auto kRoutes = std::to_array<Route>({
    {http::verb::get, "/v2", supported},
    {http::verb::get, "/v3", supported},
    {http::verb::get, "/v3-protobuf", supported},
    {http::verb::post, "/v2/pipeline", pipeline_json},
    {http::verb::post, "/v3/pipeline", pipeline_json},
    {http::verb::post, "/v3-protobuf/pipeline", pipeline_protobuf},
    {http::verb::post, "/v3/cursor", cursor_json},
    {http::verb::post, "/v3-protobuf/cursor", cursor_protobuf},
    {http::verb::get, "/beta/listen", serve_listen},
    {http::verb::post, "/wal_log.ReplicationLog/Hello", replication::serve_hello},
    {http::verb::post, "/wal_log.ReplicationLog/BatchLogEntries",
     replication::serve_batch_log_entries},
    {http::verb::post, "/wal_log.ReplicationLog/Snapshot", replication::serve_snapshot},
    {http::verb::post, "/proxy.Proxy/Execute", replication::serve_execute},
    {http::verb::post, "/proxy.Proxy/Describe", replication::serve_describe},
    {http::verb::post, "/proxy.Proxy/Disconnect", replication::serve_disconnect},
    {http::verb::post, "/pull-updates", replication::serve_pull_updates,
     Offered::without_generations},
    {http::verb::get, "/info", replication::serve_info, Offered::with_generations},
    {http::verb::get, "/export/", replication::serve_export, Offered::with_generations},
    {http::verb::get, "/sync/", replication::serve_sync, Offered::with_generations},
    {http::verb::post, "/sync/", replication::refuse_frames, Offered::with_generations},
    {http::verb::get, "/health", health},
    {http::verb::get, "/version", version},
});

}  // namespace

void route(Services& services, HttpRequest request, HttpReply reply) {
  std::string_view path = request.path;
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  std::string allow;
  for (const Route& candidate : kRoutes) {
    if (!candidate.fits(path, services.options)) continue;
    if (candidate.takes(request.message.method())) {
      return candidate.handler(services, std::move(request), std::move(reply));
    }
    const auto verb = http::to_string(candidate.verb);
    allow.append(allow.empty() ? "" : ", ").append(verb.data(), verb.size());
  }
  if (!allow.empty()) {
    HttpResponse refusal =
        json_error(405, {"this path has another method", "METHOD_NOT_ALLOWED", {}});
    refusal.allow = std::move(allow);
    return reply.send(std::move(refusal));
  }
  reply.send(json_error(404, {"no such path", "NOT_FOUND", {}}));
}

}  // namespace libsql::server
