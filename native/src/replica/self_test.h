// Finds out which way of publishing frames works with the SQLite that is in use.
#ifndef LIBSQL_REPLICA_SELF_TEST_H_
#define LIBSQL_REPLICA_SELF_TEST_H_

#include <filesystem>

#include "replica/wal_writer.h"

namespace libsql::replica {

// Whether a database in `folder`, which is made for the test and removed, shows what this way of
// publishing brings into it. Errors: those of making files there.
[[nodiscard]] bool publication_works(const std::filesystem::path& folder, Publication publication);

// The fastest that works; tested at the first call of the process. `folder`: where to make files if
// the system's temporary folder does not allow it.
// Errors: unsupported if none works; those of making files.
[[nodiscard]] Publication working_publication(const std::filesystem::path& folder);

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_SELF_TEST_H_
