// GET /beta/listen: tells a client, as server-sent events, what commits change in a table.
#ifndef LIBSQL_SERVER_LISTEN_H_
#define LIBSQL_SERVER_LISTEN_H_

#include "server/http_reply.h"
#include "server/services.h"

namespace libsql::server {

// The query names `table`, and perhaps with `action` (insert, update, delete; repeatable) which
// changes make an event. Each commit is one: `event: changes`, `data: {"insert":2,"update":1}`. A
// comment keeps the connection alive. A client that reads too slowly gets `event: error`.
//
// Threads: on the I/O thread; returns at once.
void serve_listen(Services& services, HttpRequest request, HttpReply reply);

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_LISTEN_H_
