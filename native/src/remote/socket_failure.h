// What the end of a WebSocket means to those who use it.
#ifndef LIBSQL_REMOTE_SOCKET_FAILURE_H_
#define LIBSQL_REMOTE_SOCKET_FAILURE_H_

#include "hrana/receiver.h"
#include "libsql/error.h"
#include "remote/url.h"
#include "remote/web_socket.h"

namespace libsql::remote {

// It was not opened: nothing has run.
[[nodiscard]] Error refusal_of(const WebSocketFailure& failure, const Url& server);
// Another attempt to open it may succeed.
[[nodiscard]] bool may_try_again(const WebSocketFailure& failure) noexcept;
// It was open, and is no more.
[[nodiscard]] Error loss_of(const WebSocketFailure& failure);
// The server's answer to a hello that it refuses.
[[nodiscard]] Error unauthorised_by(const hrana::ErrorView& error);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SOCKET_FAILURE_H_
