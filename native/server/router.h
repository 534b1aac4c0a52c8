// Which part of the server answers an HTTP request.
#ifndef LIBSQL_SERVER_ROUTER_H_
#define LIBSQL_SERVER_ROUTER_H_

#include "server/http_reply.h"
#include "server/services.h"

namespace libsql::server {

// Threads: on the I/O thread; returns at once.
void route(Services& services, HttpRequest request, HttpReply reply);

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_ROUTER_H_
