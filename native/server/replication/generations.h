// "V2": replicas that take the database's file once, and then the frames of its write-ahead log,
// generation by generation. Clients that find GET /info choose it, so the server has it only where
// Options::generations asks for it.
#ifndef LIBSQL_SERVER_REPLICATION_GENERATIONS_H_
#define LIBSQL_SERVER_REPLICATION_GENERATIONS_H_

#include "server/http_reply.h"
#include "server/services.h"

namespace libsql::server::replication {

// Threads: on the I/O thread; they return at once.
void serve_info(Services& services, HttpRequest request, HttpReply reply);
void serve_export(Services& services, HttpRequest request, HttpReply reply);
void serve_sync(Services& services, HttpRequest request, HttpReply reply);
// Frames that a client has written itself are refused: they would replace what others have written.
void refuse_frames(Services& services, HttpRequest request, HttpReply reply);

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_GENERATIONS_H_
