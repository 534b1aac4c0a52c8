# Finds a static SQLite that a shared object can contain: sets LIBSQL_SQLITE_ARCHIVE, or leaves it empty.
#
# A release then runs on machines that have no SQLite installed. Debian's libsqlite3.a is such a library;
# one that was compiled without position-independent code, or that needs further libraries, does not link.
if(NOT DEFINED LIBSQL_SQLITE_ARCHIVE)
  find_library(libsql_sqlite_archive NAMES libsqlite3.a NO_CACHE)
  set(libsql_archive_works FALSE)
  if(libsql_sqlite_archive AND NOT APPLE)
    execute_process(
      COMMAND "${CMAKE_C_COMPILER}" -shared -o "${CMAKE_BINARY_DIR}/static_sqlite_probe.so"
        "-Wl,-z,defs,-z,text,--version-script=${PROJECT_SOURCE_DIR}/native/nif/symbols.map"
        -Wl,--whole-archive "${libsql_sqlite_archive}" -Wl,--no-whole-archive -lm -ldl -lpthread
      RESULT_VARIABLE libsql_probe_failed OUTPUT_QUIET ERROR_QUIET)
    file(REMOVE "${CMAKE_BINARY_DIR}/static_sqlite_probe.so")
    if(libsql_probe_failed EQUAL 0)
      set(libsql_archive_works TRUE)
    endif()
  endif()
  # Headers and archive must be of one version: a library of another one may be installed by hand.
  if(libsql_archive_works)
    file(STRINGS "${libsql_sqlite_archive}" libsql_archive_version REGEX "^${SQLite3_VERSION}$" LIMIT_COUNT 1)
    if(NOT libsql_archive_version)
      set(libsql_archive_works FALSE)
    endif()
  endif()
  if(libsql_archive_works)
    message(STATUS "SQLite is linked statically: ${libsql_sqlite_archive}")
    set(LIBSQL_SQLITE_ARCHIVE "${libsql_sqlite_archive}" CACHE INTERNAL "Static SQLite")
  else()
    message(STATUS "SQLite is linked dynamically: no static library that a shared object can contain")
    set(LIBSQL_SQLITE_ARCHIVE "" CACHE INTERNAL "Static SQLite")
  endif()
endif()
