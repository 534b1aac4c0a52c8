// POST /pull-updates: the newest image of each page that has changed since a revision, which is
// what Turso's newer clients ask for (specification 3.5).
#ifndef LIBSQL_SERVER_REPLICATION_PULL_UPDATES_H_
#define LIBSQL_SERVER_REPLICATION_PULL_UPDATES_H_

#include "server/http_reply.h"
#include "server/services.h"

namespace libsql::server::replication {

// Threads: on the I/O thread; returns at once.
void serve_pull_updates(Services& services, HttpRequest request, HttpReply reply);

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_PULL_UPDATES_H_
