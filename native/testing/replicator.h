// A replicator of one file over the network, for tests.
#ifndef LIBSQL_TESTING_REPLICATOR_H_
#define LIBSQL_TESTING_REPLICATOR_H_

#include <chrono>
#include <string>

#include "remote/network.h"
#include "remote/url.h"
#include "replica/replicator.h"

namespace libsql::testing {

// One attempt for each request, and 5 s without a byte at most.
[[nodiscard]] inline replica::Replicator::Config replicator_config(const std::string& file,
                                                                   const std::string& url) {
  RemoteOptions options;
  options.attempts = 1;
  replica::Replicator::Config config;
  config.file.file = file;
  config.file.primary = url;
  config.origin = remote::make_origin(remote::parse_url(url), options);
  config.idle = std::chrono::seconds(5);
  return config;
}

// Up to the primary's head as it is now.
inline SyncReport sync(replica::Replicator& replicator) { return replicator.sync_and_wait({}); }

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_REPLICATOR_H_
