// Opens sessions with replicas.
#ifndef LIBSQL_REPLICA_OPEN_H_
#define LIBSQL_REPLICA_OPEN_H_

#include <memory>
#include <string>

#include "core/session.h"
#include "libsql/replica.h"
#include "remote/url.h"

namespace libsql::replica {

// See Database::replica() for the contract of both.
void check_options(const std::string& path, const ReplicaOptions& options);
[[nodiscard]] std::shared_ptr<core::Session> open_session(const std::string& path,
                                                          const remote::Url& primary,
                                                          const ReplicaOptions& options);

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_OPEN_H_
