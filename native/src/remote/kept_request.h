// A request that has to wait for its turn: a copy that owns what the original borrows.
#ifndef LIBSQL_REMOTE_KEPT_REQUEST_H_
#define LIBSQL_REMOTE_KEPT_REQUEST_H_

#include <functional>
#include <memory>
#include <string>

#include "libsql/request.h"

namespace libsql::remote {

// Lifetime: the request lives as long as this object.
class KeptRequest {
 public:
  // The text of a prepared statement: its names choose the values.
  using TextOf = std::function<std::string(StatementId)>;

  // Errors: what the parameters throw for a command of its own; for a member of a batch, it is kept
  // and becomes the member's.
  KeptRequest(const Request& request, const TextOf& text_of);
  KeptRequest(const KeptRequest&) = delete;
  KeptRequest& operator=(const KeptRequest&) = delete;
  ~KeptRequest();

  [[nodiscard]] const Request& request() const noexcept;

 private:
  class Content;
  const std::unique_ptr<Content> content_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_KEPT_REQUEST_H_
