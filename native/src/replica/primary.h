// The primary over the network: requests of the pull protocols, and what its refusals mean.
#ifndef LIBSQL_REPLICA_PRIMARY_H_
#define LIBSQL_REPLICA_PRIMARY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "libsql/error.h"
#include "remote/download.h"
#include "replica/grpc_web.h"
#include "replica/request_ahead.h"

namespace libsql::replica {

// Thrown where the primary does not speak the protocol that was tried; another one may do.
struct NotServed {
  std::string message;
};

// Errors of all: those of remote::Download; io for an answer that is not the protocol's.
// Threads: thread-compatible; ahead() thread-safe.
class Primary {
 public:
  explicit Primary(std::shared_ptr<remote::HttpOrigin> origin);
  // The way to the same primary from now on.
  void use(std::shared_ptr<remote::HttpOrigin> origin) { origin_ = std::move(origin); }

  // A call of the next pull, which ahead() may send before it begins.
  void expect_call(std::string_view method, const std::string& token, std::string_view message);
  // That call, if it has been sent; else null.
  [[nodiscard]] std::unique_ptr<remote::Download> sent_ahead(std::string_view method,
                                                             const std::string& token,
                                                             std::string_view message);
  [[nodiscard]] RequestAhead& ahead() noexcept { return ahead_; }

  // How everything here waits.
  [[nodiscard]] remote::Patience& patience() noexcept { return patience_; }
  // Called with each piece of a body that has come, before it is read; what it throws ends the
  // download. Empty: nothing is.
  void on_piece(std::function<void()> action) { on_piece_ = std::move(action); }
  // Bytes of bodies received so far.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  // Runs `read` with what comes, until the body ends. Errors of malformed bodies included.
  void read_body(remote::Download& download,
                 const std::function<void(std::string_view piece)>& read);

  // A request that has been sent. When it goes before its answer has ended, its connection closes.
  using Sent = std::unique_ptr<remote::Download>;

  // Calls a method of the service wal_log.ReplicationLog. `token`: of the session, or empty.
  [[nodiscard]] GrpcStatus call(std::string_view method, const std::string& token,
                                std::string_view message, const GrpcWebReader::Sink& sink);
  // The two halves of call().
  [[nodiscard]] Sent send_call(std::string_view method, const std::string& token,
                               std::string_view message);
  [[nodiscard]] GrpcStatus receive(remote::Download& sent, const GrpcWebReader::Sink& sink);

  // An exchange whose head is there. Errors: those of refuse(), but for the statuses that
  // `expected` takes.
  struct Answer {
    Sent download;
    int status = 0;
  };
  [[nodiscard]] Answer ask(remote::Download::Request request,
                           const std::function<bool(int status)>& expected);
  // The two halves of ask().
  [[nodiscard]] Sent send(remote::Download::Request request);
  [[nodiscard]] Answer answer(Sent sent, const std::function<bool(int status)>& expected);
  // What is left of a short answer.
  [[nodiscard]] std::string text(remote::Download& download);

 private:
  [[nodiscard]] remote::Download::Request call_request(std::string_view method,
                                                       const std::string& token,
                                                       std::string_view message) const;

  std::shared_ptr<remote::HttpOrigin> origin_;
  remote::Patience patience_;
  RequestAhead ahead_{patience_};
  std::function<void()> on_piece_;
  std::uint64_t bytes_ = 0;
};

// The error of a final status of gRPC.
[[nodiscard]] Error error_of(const GrpcStatus& status);

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_PRIMARY_H_
