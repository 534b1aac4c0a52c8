// The answers of "V2": a generation is a snapshot, and the frames of the log behind it, counted
// from 1 (specification 3.1 to 3.3).
#ifndef LIBSQL_SERVER_REPLICATION_GENERATION_ANSWERS_H_
#define LIBSQL_SERVER_REPLICATION_GENERATION_ANSWERS_H_

#include <string_view>

#include "server/replication/log_view.h"
#include "server/replication/pool_answer.h"

namespace libsql::server::replication {

// GET /info: the newest generation.
[[nodiscard]] HttpResponse info_answer(const LogView& view);

// What follows throws RequestRefused: 404 for paths that name nothing, 410 for what the log does
// not have any more, or never had. Clients have to begin again with /info.

// GET /export/GENERATION: the database's file, as it was when the generation began.
[[nodiscard]] PoolAnswer export_answer(const LogView& view, std::string_view path);

// GET /sync/GENERATION/START/END: frames from START up to END, which is not among them. Status 400
// where none follow: its body names the newest generation, to which the client goes on.
[[nodiscard]] PoolAnswer sync_answer(const LogView& view, std::string_view path);

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_GENERATION_ANSWERS_H_
