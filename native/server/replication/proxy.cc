#include "server/replication/proxy.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "server/batch_run.h"
#include "server/programs.h"
#include "server/replication/grpc.h"
#include "server/replication/primary_log.h"
#include "server/replication/proxy_messages.h"
#include "server/response_budget.h"

#include <boost/asio/post.hpp>

namespace libsql::server::replication {
namespace {

// One call. Its members belong to the I/O thread, and while its SQL runs to the stream's.
class ProxyCall : public std::enable_shared_from_this<ProxyCall> {
 public:
  ProxyCall(Services& services, HttpRequest request, HttpReply reply)
      : services_(services), request_(std::move(request)), reply_(std::move(reply)) {}
  ProxyCall(const ProxyCall&) = delete;
  ProxyCall& operator=(const ProxyCall&) = delete;
  virtual ~ProxyCall() = default;

  void start() {
    HttpResponse refused = guarded([this] {
      access_ = grpc_access(services_, request_);
      const std::string_view client = decode(grpc_message(request_.message.body()));
      run_on(services_.proxy_streams.find(client));
      return HttpResponse{0, {}, {}};
    });
    if (refused.status != 0) reply_.send(std::move(refused));
  }

 protected:
  // The client's identifier. Errors: hrana::Malformed; protozero's.
  [[nodiscard]] virtual std::string_view decode(std::string_view message) = 0;
  // The answer's message. On the stream's thread. Errors: RequestRefused; Error.
  [[nodiscard]] virtual std::string run(SqlSession& session) = 0;

  [[nodiscard]] Access access() const noexcept { return access_; }

 private:
  template <typename Make>
  static HttpResponse guarded(Make make) {
    return std::get<HttpResponse>(grpc_answer([&]() -> PoolAnswer {
      try {
        return make();
      } catch (const RequestRefused& error) {
        throw grpc_error(error);
      }
    }));
  }

  void run_on(const std::shared_ptr<Stream>& stream) {
    stream->post([self = shared_from_this(),
                  kept = std::shared_ptr<Stream>(stream)](SqlSession& session) mutable {
      self->response_ = guarded([&] { return grpc_response(self->run(session)); });
      auto& context = self->services_.context;
      boost::asio::post(context, [done = std::move(self), kept = std::move(kept)] {
        done->reply_.send(std::move(done->response_));
      });
    });
  }

  Services& services_;
  HttpRequest request_;  // What was decoded points into its body.
  HttpReply reply_;
  Access access_ = Access::read_only;
  HttpResponse response_;
};

class ExecuteCall final : public ProxyCall {
 public:
  using ProxyCall::ProxyCall;

 private:
  std::string_view decode(std::string_view message) override {
    program_ = read_program(message);
    return program_.client;
  }

  std::string run(SqlSession& session) override {
    ProxyResults results(program_.batch.steps.size());
    ResponseBudget budget(results, session.most_response_bytes());
    try {
      BatchRun batch(session, program_.batch, access());
      static_cast<void>(batch.advance(budget, BatchRun::everything()));
    } catch (const ResponseTooLarge&) {
      throw GrpcError(GrpcCode::resource_exhausted, "Response is too large");
    }
    results.autocommit(!session.in_transaction());
    results.replication_index(session.replication_index());
    return results.take();
  }

  ProxyProgram program_;
};

class DescribeCall final : public ProxyCall {
 public:
  using ProxyCall::ProxyCall;

 private:
  std::string_view decode(std::string_view message) override {
    describe_ = read_describe(message);
    return describe_.client;
  }

  std::string run(SqlSession& session) override {
    ProxyDescription description;
    answer(session, hrana::Request(hrana::Describe{describe_.sql, {}}), access(), description);
    return description.message();
  }

  ProxyDescribe describe_;
};

}  // namespace

void serve_execute(Services& services, HttpRequest request, HttpReply reply) {
  std::make_shared<ExecuteCall>(services, std::move(request), std::move(reply))->start();
}

void serve_describe(Services& services, HttpRequest request, HttpReply reply) {
  std::make_shared<DescribeCall>(services, std::move(request), std::move(reply))->start();
}

// A handler of the router. NOLINTNEXTLINE(performance-unnecessary-value-param)
void serve_disconnect(Services& services, HttpRequest request, HttpReply reply) {
  PoolAnswer answer = grpc_answer([&]() -> PoolAnswer {
    static_cast<void>(grpc_access(services, request));
    services.proxy_streams.drop(read_disconnect(grpc_message(request.message.body())));
    return grpc_response({});
  });
  reply.send(std::get<HttpResponse>(std::move(answer)));
}

}  // namespace libsql::server::replication
