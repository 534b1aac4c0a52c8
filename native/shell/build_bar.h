// A progress bar for builds of indexes on vectors.
#ifndef LIBSQL_SHELL_BUILD_BAR_H_
#define LIBSQL_SHELL_BUILD_BAR_H_

#include "libsql/vector_build.h"

namespace libsql::shell {

// Draws a bar as ProgressBar does, and clears its line at the end of each build.
[[nodiscard]] VectorBuildObserver build_bar();

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_BUILD_BAR_H_
