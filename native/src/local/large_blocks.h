// Gives the memory of large blocks of SQLite back to the system in portions.
//
// free() of 200 MB is one munmap, for which Linux holds the lock of the process's address space for
// some 15 ms. Whoever maps or unmaps memory waits meanwhile: other threads, and the schedulers of
// an Erlang VM. Given back in portions first, nobody waits for longer than a portion takes.
#ifndef LIBSQL_LOCAL_LARGE_BLOCKS_H_
#define LIBSQL_LOCAL_LARGE_BLOCKS_H_

namespace libsql::local {

// Installs it in SQLite, over the allocator that is there. False if something in this process uses
// SQLite already.
bool install_large_blocks() noexcept;

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_LARGE_BLOCKS_H_
