// Mutexes for SQLite that spin for a microsecond before they sleep.
//
// SQLite protects what the connections of a process share, above all the locks on a file's
// write-ahead log, by mutexes that it holds for some 50 ns, twice in every read transaction. Its
// own mutexes put a thread that finds one held to sleep at once, and waking it costs some 50 us in
// which its processor does nothing: two threads that read one file are then hardly faster than one.
#ifndef LIBSQL_LOCAL_SPINNING_MUTEX_H_
#define LIBSQL_LOCAL_SPINNING_MUTEX_H_

namespace libsql::local {

// Installs them in SQLite. False if something in this process uses SQLite already.
bool install_spinning_mutexes() noexcept;

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_SPINNING_MUTEX_H_
