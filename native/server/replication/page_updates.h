// The messages of /pull-updates.
#ifndef LIBSQL_SERVER_REPLICATION_PAGE_UPDATES_H_
#define LIBSQL_SERVER_REPLICATION_PAGE_UPDATES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/replication/log_view.h"
#include "server/replication/pool_answer.h"

namespace libsql::server::replication {

// What a client asks for. Its texts are views into the message.
struct UpdatesQuestion {
  std::string_view at;        // The revision whose pages are wanted; empty: the newest.
  std::string_view since;     // The revision that the client has; empty: none.
  std::uint32_t wait_ms = 0;  // How long to wait for a newer one.
};
// Errors: hrana::Malformed; protozero's exceptions; RequestRefused 501 for parts of a database,
// compressed pages and logical logs.
[[nodiscard]] UpdatesQuestion read_updates_question(std::string_view message);

// A revision: a frame of one log.
[[nodiscard]] std::string revision_of(const LogId& log, std::uint64_t frame);
// The frame of a revision of this log; nothing for any other text.
[[nodiscard]] std::optional<std::uint64_t> frame_of(const LogId& log, std::string_view revision);

// The answer. A client whose revision is not of this log gets all pages in place of what it has.
// Errors: RequestRefused 400 if the wanted revision is not in the log.
[[nodiscard]] std::unique_ptr<Body> updates_body(LogView view, const UpdatesQuestion& question);

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_PAGE_UPDATES_H_
