#include "server/replication/generations.h"

#include <memory>
#include <utility>

#include "libsql/error.h"
#include "server/replication/generation_answers.h"
#include "server/replication/primary_log.h"

namespace libsql::server::replication {
namespace {

// Answers with what `make` makes of the log and the path.
template <typename Make>
void serve(Services& services, HttpRequest request, HttpReply reply, Make make) {
  auto shared = std::make_shared<const HttpRequest>(std::move(request));
  answer_on_pool(services, std::move(reply), [&services, shared = std::move(shared), make] {
    try {
      static_cast<void>(services.authenticator.by_header(
          shared->header(boost::beast::http::field::authorization)));
      return make(services.engine->log->view(), shared->path);
    } catch (const RequestRefused& error) {
      return PoolAnswer(json_error(error.status(), error.view()));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unsupported) throw;
      return PoolAnswer(json_error(501, {error.message(), "UNSUPPORTED", {}}));
    }
  });
}

}  // namespace

void serve_info(Services& services, HttpRequest request, HttpReply reply) {
  serve(services, std::move(request), std::move(reply),
        [](const LogView& view, const std::string& /*path*/) {
          return PoolAnswer(info_answer(view));
        });
}

void serve_export(Services& services, HttpRequest request, HttpReply reply) {
  serve(services, std::move(request), std::move(reply), export_answer);
}

void serve_sync(Services& services, HttpRequest request, HttpReply reply) {
  serve(services, std::move(request), std::move(reply), sync_answer);
}

// As all handlers are called. NOLINTNEXTLINE(performance-unnecessary-value-param)
void refuse_frames(Services& /*services*/, HttpRequest /*request*/, HttpReply reply) {
  reply.send(json_error(
      403, {"this server takes no frames from replicas: write through /v3/pipeline instead",
            "FRAMES_REFUSED",
            {}}));
}

}  // namespace libsql::server::replication
