// Changes the key of a database file: encrypts, decrypts, or encrypts in another way.
#ifndef LIBSQL_LOCAL_REKEY_H_
#define LIBSQL_LOCAL_REKEY_H_

#include <functional>
#include <string>

#include "libsql/options.h"

namespace libsql::local {

// Writes a copy with the new key next to the file, brings it to the disk, and renames it to the
// file's name. Whenever that is interrupted, the file is whole and has either key; there is no
// mixture, and no journal that only one of the keys can play back. The file's other connections
// must be closed: a WAL database is refused while there are any, and one in a rollback journal's
// mode makes theirs useless, because the old file's header is overwritten.
//
// `options` hold the present key. Errors: those of opening; busy; invalid_argument for a database
// in memory, for a URI that names a VFS, and for a file with several hard links; interrupted when
// `progress` returns false.
void rekey(const std::string& location, const Options& options, const KeyChoice& key,
           const std::function<bool(int remaining, int total)>& progress);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_REKEY_H_
