// What version 2 of the protocol can be asked, of what version 3 is.
#ifndef LIBSQL_REMOTE_VERSION_2_H_
#define LIBSQL_REMOTE_VERSION_2_H_

#include <span>
#include <vector>

#include "hrana/messages.h"

namespace libsql::remote {

// The same requests without get_autocommit, and with the condition `is_autocommit` taken for false:
// a step that runs only in a transaction runs.
[[nodiscard]] std::vector<hrana::Request> for_version_2(std::span<const hrana::Request> requests);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_VERSION_2_H_
