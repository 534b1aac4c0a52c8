// Who wants to know what a session has committed and read at its server, before its caller does.
#ifndef LIBSQL_REMOTE_WRITE_OBSERVER_H_
#define LIBSQL_REMOTE_WRITE_OBSERVER_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "remote/stream.h"

namespace libsql::remote {

class WriteObserver {
 public:
  WriteObserver() = default;
  WriteObserver(const WriteObserver&) = delete;
  WriteObserver& operator=(const WriteObserver&) = delete;
  virtual ~WriteObserver() = default;

  // The session has written outside of a transaction, or ended one with writes: committed, as far
  // as is known. `index`: the newest that the server has named in this connection. The request
  // ends, and the next one of the session starts, when `then` is called: once, on any thread, also
  // within this call. It should be before `deadline`, which is the request's.
  virtual void wrote(std::optional<std::uint64_t> index, Deadline deadline,
                     std::function<void()> then) noexcept = 0;
  // The session has read outside of a transaction, or ended one without writes, when the server's
  // log was at `index`, or a little further; nothing: the server has not said where. The rest as
  // above.
  virtual void read(std::optional<std::uint64_t> index, Deadline deadline,
                    std::function<void()> then) noexcept = 0;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_WRITE_OBSERVER_H_
