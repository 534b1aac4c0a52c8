// The service wal_log.ReplicationLog, "V1": the frames of the log (specification 2.3 to 2.6).
#ifndef LIBSQL_SERVER_REPLICATION_WAL_LOG_H_
#define LIBSQL_SERVER_REPLICATION_WAL_LOG_H_

#include "server/http_reply.h"
#include "server/services.h"

namespace libsql::server::replication {

// Threads: on the I/O thread; they return at once.
void serve_hello(Services& services, HttpRequest request, HttpReply reply);
void serve_batch_log_entries(Services& services, HttpRequest request, HttpReply reply);
void serve_snapshot(Services& services, HttpRequest request, HttpReply reply);

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_WAL_LOG_H_
