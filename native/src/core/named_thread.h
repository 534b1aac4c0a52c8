// How the library starts its threads: with a name that a debugger, `top -H` and crash reports show.
#ifndef LIBSQL_CORE_NAMED_THREAD_H_
#define LIBSQL_CORE_NAMED_THREAD_H_

#include <functional>
#include <thread>

namespace libsql::core {

// Runs `body` on a new thread that handles no signals, so that they reach the program's own
// threads. `name`: at most 15 bytes, which is what Linux takes; the rest is cut off. Throws
// std::system_error when no thread can be started.
[[nodiscard]] std::thread start_thread(const char* name, std::function<void()> body);

}  // namespace libsql::core

#endif  // LIBSQL_CORE_NAMED_THREAD_H_
