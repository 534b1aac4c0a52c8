#include "server/replication/wal_log.h"

#include <string>
#include <utility>

#include "hrana/protobuf_reader.h"
#include "server/replication/frame_bodies.h"
#include "server/replication/grpc.h"
#include "server/replication/primary_log.h"
#include "server/replication/session_token.h"

#include <protozero/pbf_writer.hpp>

namespace libsql::server::replication {
namespace {

constexpr std::uint32_t kLibsqlFlavour = 1;

// LogOffset: the first frame that is wanted.
std::uint64_t read_offset(std::string_view message) {
  std::uint64_t next = 0;
  for (hrana::protobuf::Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        next = fields.uint64("next_offset");
        break;
      case 2:
        if (fields.uint32("wal_flavor") == kLibsqlFlavour) {
          throw GrpcError(GrpcCode::invalid_argument, "this server's log has SQLite's flavour");
        }
        break;
      default:
        fields.skip();
    }
  }
  return next;
}

// The log, if the client has said Hello to it.
LogView require_view(const Services& services, const HttpRequest& request) {
  LogView view = services.engine->log->view();
  const auto found = request.message.find("x-session-token");
  if (found != request.message.end() &&
      std::string_view(found->value().data(), found->value().size()) ==
          services.session_token.text(view.id)) {
    return view;
  }
  throw GrpcError(GrpcCode::failed_precondition, "NO_HELLO");
}

std::string hello_response(const LogView& view, const std::string& token) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_string(1, token);  // The generation, which clients ignore.
  writer.add_string(3, text_of(view.id));
  writer.add_bytes(4, token);
  writer.add_uint64(5, view.head());
  return message;
}

template <typename Make>
void serve(Services& services, HttpRequest request, HttpReply reply, Make make) {
  auto shared = std::make_shared<const HttpRequest>(std::move(request));
  answer_on_pool(services, std::move(reply), [&services, shared = std::move(shared), make] {
    return grpc_answer([&] {
      static_cast<void>(grpc_access(services, *shared));
      return make(services, *shared, grpc_message(shared->message.body()));
    });
  });
}

}  // namespace

void serve_hello(Services& services, HttpRequest request, HttpReply reply) {
  serve(
      services, std::move(request), std::move(reply),
      [](Services& server, const HttpRequest& /*request*/, std::string_view /*message*/) {
        const LogView view = server.engine->log->view();
        return PoolAnswer(grpc_response(hello_response(view, server.session_token.text(view.id))));
      });
}

void serve_batch_log_entries(Services& services, HttpRequest request, HttpReply reply) {
  serve(services, std::move(request), std::move(reply),
        [](Services& server, const HttpRequest& asked, std::string_view message) {
          const LogView view = require_view(server, asked);
          const std::uint64_t next = read_offset(message);
          if (next < view.first) throw GrpcError(GrpcCode::failed_precondition, "NEED_SNAPSHOT");
          return PoolAnswer(StreamedBody{std::string(kGrpcWeb), batch_body(view, next)});
        });
}

void serve_snapshot(Services& services, HttpRequest request, HttpReply reply) {
  serve(services, std::move(request), std::move(reply),
        [](Services& server, const HttpRequest& asked, std::string_view message) {
          const LogView view = require_view(server, asked);
          const std::uint64_t next = read_offset(message);
          if (next >= view.first) throw GrpcError(GrpcCode::unavailable, "snapshot not found");
          return PoolAnswer(StreamedBody{std::string(kGrpcWeb), snapshot_body(view, next)});
        });
}

}  // namespace libsql::server::replication
