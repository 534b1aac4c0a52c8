// Runs the requests of a stream, all but those of cursors, and writes their answers.
#ifndef LIBSQL_SERVER_PROGRAMS_H_
#define LIBSQL_SERVER_PROGRAMS_H_

#include "hrana/messages.h"
#include "hrana/receiver.h"
#include "server/sql_session.h"

namespace libsql::server {

// Answers execute, batch, sequence, describe and get_autocommit, whose texts are resolved; for
// requests that only open, close or store, their empty answer. Errors: RequestRefused.
void answer(SqlSession& session, const hrana::Request& request, Access access,
            hrana::Receiver& out);

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_PROGRAMS_H_
