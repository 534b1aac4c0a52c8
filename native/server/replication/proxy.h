// The service proxy.Proxy: runs what replicas of V1 forward, on one SQL connection for each of
// their connections (specification 2.3, 2.12).
#ifndef LIBSQL_SERVER_REPLICATION_PROXY_H_
#define LIBSQL_SERVER_REPLICATION_PROXY_H_

#include "server/http_reply.h"
#include "server/services.h"

namespace libsql::server::replication {

// Threads: on the I/O thread; they return at once.
void serve_execute(Services& services, HttpRequest request, HttpReply reply);
void serve_describe(Services& services, HttpRequest request, HttpReply reply);
void serve_disconnect(Services& services, HttpRequest request, HttpReply reply);

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_PROXY_H_
