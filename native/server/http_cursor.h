// POST /v3/cursor and /v3-protobuf/cursor: one batch, whose rows are sent while it runs.
#ifndef LIBSQL_SERVER_HTTP_CURSOR_H_
#define LIBSQL_SERVER_HTTP_CURSOR_H_

#include "hrana/codec.h"
#include "server/http_reply.h"
#include "server/services.h"

namespace libsql::server {

// The batch runs in portions; the next one waits until the last was sent, so that a slow client
// costs no memory and no thread.
//
// Threads: on the I/O thread; returns at once.
void serve_cursor(Services& services, hrana::Encoding encoding, HttpRequest request,
                  HttpReply reply);

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_HTTP_CURSOR_H_
