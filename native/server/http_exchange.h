// What a pipeline and a cursor over HTTP have in common: who may ask, what is asked, and the stream
// on which it runs.
#ifndef LIBSQL_SERVER_HTTP_EXCHANGE_H_
#define LIBSQL_SERVER_HTTP_EXCHANGE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hrana/codec.h"
#include "server/failures.h"
#include "server/http_reply.h"
#include "server/http_streams.h"
#include "server/services.h"
#include "server/sql_store.h"

namespace libsql::server {

// One request of HTTP. Its members belong to the I/O thread, and while something of it runs to the
// stream's. Kept alive by what is under way.
class HttpExchange : public std::enable_shared_from_this<HttpExchange> {
 public:
  HttpExchange(Services& services, hrana::Encoding encoding, HttpRequest request, HttpReply reply);
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;
  virtual ~HttpExchange() = default;

  // Decodes the request and begins once it has a stream, or refuses it.
  void start();

 protected:
  // The baton of the request. Errors: Malformed; RequestRefused for what no stream is needed for.
  [[nodiscard]] virtual std::optional<std::string_view> decode(std::string& body) = 0;
  // It has its lease.
  virtual void begin() = 0;

  // Runs `work` on the stream's thread, then `next` on the I/O thread.
  void run(std::function<void(SqlSession&)> work, std::function<void()> next);
  // Ends the exchange with an error, and its stream.
  void refuse(const RequestRefused& error);

  [[nodiscard]] hrana::ServerCodec& codec() const noexcept { return *codec_; }
  [[nodiscard]] hrana::Encoding encoding() const noexcept { return encoding_; }
  [[nodiscard]] Access access() const noexcept { return access_; }
  [[nodiscard]] HttpReply& reply() noexcept { return reply_; }
  [[nodiscard]] std::optional<HttpStreams::Lease>& lease() noexcept { return lease_; }
  [[nodiscard]] Stream& stream() noexcept { return lease_->stream().stream; }
  [[nodiscard]] SqlStore& texts() noexcept { return lease_->stream().texts; }
  [[nodiscard]] ResolvedSql& resolved() noexcept { return resolved_; }

 private:
  Services& services_;
  const hrana::Encoding encoding_;
  HttpRequest request_;  // What was decoded points into its body.
  HttpReply reply_;
  const std::unique_ptr<hrana::ServerCodec> codec_;
  Access access_ = Access::read_only;
  std::optional<HttpStreams::Lease> lease_;
  ResolvedSql resolved_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_HTTP_EXCHANGE_H_
