// Mutexes for SQLite that spin for a moment before they sleep.
//
// SQLite protects what the connections of a process share, above all the locks on a file's
// write-ahead log, by mutexes that it holds for some 50 ns, twice in every read transaction. Its
// own mutexes put a thread that finds one held to sleep at once, and waking it costs some 50 us in
// which its processor does nothing: two threads that read one file are then hardly faster than one.
#ifndef LIBSQL_LOCAL_SPINNING_MUTEX_H_
#define LIBSQL_LOCAL_SPINNING_MUTEX_H_

namespace libsql::local {

// Gives SQLite these mutexes. False if it is too late: something in this process uses SQLite.
bool install_spinning_mutexes() noexcept;

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_SPINNING_MUTEX_H_
