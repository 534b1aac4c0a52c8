// The network of the process: one I/O thread, and one HTTP client for each set of certificates.
#ifndef LIBSQL_REMOTE_NETWORK_H_
#define LIBSQL_REMOTE_NETWORK_H_

#include <memory>

#include "libsql/remote_options.h"
#include "remote/stream.h"
#include "remote/url.h"

namespace libsql::remote {

class HttpOrigin;

// The way to this server. Sends nothing yet. The I/O thread starts with the first one and runs as
// long as the process: a session may end on it, and its code must stay loaded.
//
// Errors: invalid_argument for options that do not fit; cannot_open for the certificates.
[[nodiscard]] std::shared_ptr<Transport> make_transport(const Url& url,
                                                        const RemoteOptions& options);

// The same server for plain HTTP, as downloads (download.h) ask it: also where `url` is that of a
// WebSocket. Errors: as above.
[[nodiscard]] std::shared_ptr<HttpOrigin> make_origin(const Url& url, const RemoteOptions& options);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_NETWORK_H_
