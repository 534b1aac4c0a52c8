// What the shared library exports: LIBSQL_API stands in front of it. Who links the shared library
// defines LIBSQL_SHARED, as the CMake package and pkg-config do; the static one needs nothing.
#ifndef LIBSQL_EXPORT_H_
#define LIBSQL_EXPORT_H_

#if defined(LIBSQL_SHARED) && defined(__GNUC__)
#define LIBSQL_API __attribute__((visibility("default")))
#else
#define LIBSQL_API
#endif

#endif  // LIBSQL_EXPORT_H_
