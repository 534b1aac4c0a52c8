// The location of a database as SQLite is to open it.
#ifndef LIBSQL_LOCAL_LOCATION_H_
#define LIBSQL_LOCAL_LOCATION_H_

#include <string>
#include <string_view>

namespace libsql::local {

// The location without SQLite's shared cache (`cache=shared` in a URI), in which a connection waits
// for another one's whole statement on a mutex, where neither a timeout nor an interrupt reaches
// it. A database in memory is shared through the memdb VFS in its place, under the same name: one
// database for all connections of the process, as with the shared cache.
// Errors: invalid_argument for a file, whose connections need no shared cache.
// Source: sqlite.org/uri.html, sqlite.org/sharedcache.html
[[nodiscard]] std::string without_shared_cache(const std::string& location);

// The value of a parameter of a file: URI, decoded, as SQLite finds it. Empty without one, and for
// a path.
[[nodiscard]] std::string uri_parameter(const std::string& location, std::string_view name);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_LOCATION_H_
