// The frames of a log as the bodies of V1: one message with all of them, or one message for each.
#ifndef LIBSQL_SERVER_REPLICATION_FRAME_BODIES_H_
#define LIBSQL_SERVER_REPLICATION_FRAME_BODIES_H_

#include <cstdint>
#include <memory>

#include "server/replication/log_view.h"
#include "server/replication/pool_answer.h"

namespace libsql::server::replication {

// The message Frames: from frame `next` up to the first end of a transaction behind 1,024 frames.
// Errors: GrpcError resource_exhausted if that is more than a message can have; io.
[[nodiscard]] std::unique_ptr<Body> batch_body(const LogView& view, std::uint64_t next);

// A message Frame for each frame of the snapshot whose number is `next` or more; the last one ends
// a transaction. REQUIRES: next < view.first.
[[nodiscard]] std::unique_ptr<Body> snapshot_body(const LogView& view, std::uint64_t next);

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_FRAME_BODIES_H_
