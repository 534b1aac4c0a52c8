#include "server/http_pipeline.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "server/failures.h"
#include "server/http_exchange.h"
#include "server/programs.h"
#include "server/response_budget.h"

namespace libsql::server {
namespace {

// Of the largest answers to one request, in one pipeline: it has no other limit, and is held in
// memory.
constexpr std::size_t kResponses = 4;

class PipelineExchange final : public HttpExchange {
 public:
  using HttpExchange::HttpExchange;

 private:
  std::optional<std::string_view> decode(std::string& body) override {
    pipeline_ = codec().decode_pipeline(body);
    require_close_last();
    return pipeline_.baton;
  }

  void require_close_last() const {
    const auto& requests = pipeline_.requests;
    const auto close = std::ranges::find_if(requests, [](const hrana::Request& request) {
      return std::holds_alternative<hrana::CloseStream>(request);
    });
    if (close != requests.end() && close + 1 != requests.end()) {
      throw protocol_error("close must be the last request of a pipeline");
    }
  }

  void begin() override {
    reply().on_disconnect([self = self()] {
      self->gone_ = true;
      self->stream().abandon();
    });
    run([this](SqlSession& session) { answer_all(session); }, [this] { conclude(); });
  }

  // On the stream's thread.
  void answer_all(SqlSession& session) {
    const auto writer = codec().write_pipeline();
    ResponseBudget out(*writer, kResponses * session.most_response_bytes());
    try {
      for (hrana::Request& request : pipeline_.requests) answer_one(session, request, out);
    } catch (const RequestRefused& error) {
      refusal_ = error;
    }
    answers_ = writer->take();
  }

  void answer_one(SqlSession& session, hrana::Request& request, hrana::Receiver& out) {
    if (const auto* const store = std::get_if<hrana::StoreSql>(&request)) {
      try {
        texts().put(store->sql_id, store->sql);
      } catch (const SqlError& error) {
        return out.error(error.view());
      }
    } else if (const auto* const close = std::get_if<hrana::CloseSql>(&request)) {
      texts().remove(close->sql_id);
    } else if (std::holds_alternative<hrana::CloseStream>(request)) {
      closed_ = true;
      session.close();
    } else {
      resolved().resolve(request, texts());
    }
    answer(session, request, access(), out);
  }

  void conclude() {
    if (gone_) return lease().reset();
    if (refusal_) return refuse(*refusal_);
    std::string baton;
    hrana::StreamHead head;
    if (!closed_) head.baton = baton = lease()->baton();
    const std::string_view type = encoding() == hrana::Encoding::json ? kJson : kProtobuf;
    reply().send({200, std::string(type), codec().pipeline_body(head, answers_)});
    if (!closed_) lease()->keep();
    lease().reset();
  }

  [[nodiscard]] std::shared_ptr<PipelineExchange> self() {
    return std::static_pointer_cast<PipelineExchange>(shared_from_this());
  }

  hrana::PipelineRequest pipeline_;
  std::string answers_;
  std::optional<RequestRefused> refusal_;
  bool closed_ = false;
  bool gone_ = false;  // The client.
};

}  // namespace

void serve_pipeline(Services& services, hrana::Encoding encoding, HttpRequest request,
                    HttpReply reply) {
  std::make_shared<PipelineExchange>(services, encoding, std::move(request), std::move(reply))
      ->start();
}

}  // namespace libsql::server
