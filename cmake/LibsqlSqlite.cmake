# The engine: target libsql::sqlite is the system's SQLite, or an amalgamation that the user supplies.
if(LIBSQL_SQLITE_AMALGAMATION)
  if(NOT EXISTS "${LIBSQL_SQLITE_AMALGAMATION}/sqlite3.c")
    message(FATAL_ERROR
      "LIBSQL_SQLITE_AMALGAMATION=${LIBSQL_SQLITE_AMALGAMATION} holds no sqlite3.c: name the folder of an unpacked amalgamation")
  endif()
  add_library(libsql_sqlite STATIC "${LIBSQL_SQLITE_AMALGAMATION}/sqlite3.c")
  target_include_directories(libsql_sqlite SYSTEM PUBLIC
    $<BUILD_INTERFACE:${LIBSQL_SQLITE_AMALGAMATION}>)
  target_compile_options(libsql_sqlite PRIVATE -w -O2)
  target_compile_definitions(libsql_sqlite PRIVATE
    SQLITE_THREADSAFE=1 SQLITE_ENABLE_COLUMN_METADATA SQLITE_ENABLE_PREUPDATE_HOOK
    SQLITE_ENABLE_FTS5 SQLITE_ENABLE_RTREE SQLITE_ENABLE_DBSTAT_VTAB SQLITE_ENABLE_MATH_FUNCTIONS
    SQLITE_ENABLE_SESSION SQLITE_ENABLE_UPDATE_DELETE_LIMIT SQLITE_USE_URI=1 SQLITE_SOUNDEX
    SQLITE_MAX_VARIABLE_NUMBER=250000)
  set_target_properties(libsql_sqlite PROPERTIES OUTPUT_NAME sql_sqlite)
  target_link_libraries(libsql_sqlite PRIVATE m ${CMAKE_DL_LIBS} Threads::Threads)
  add_library(libsql::sqlite ALIAS libsql_sqlite)
else()
  find_package(SQLite3 3.40 REQUIRED)
  add_library(libsql_sqlite INTERFACE)
  if(LIBSQL_SQLITE_STATIC)
    include(LibsqlStaticSqlite)
  endif()
  if(LIBSQL_SQLITE_ARCHIVE)
    target_include_directories(libsql_sqlite SYSTEM INTERFACE ${SQLite3_INCLUDE_DIRS})
    target_link_libraries(libsql_sqlite INTERFACE
      "${LIBSQL_SQLITE_ARCHIVE}" m ${CMAKE_DL_LIBS} Threads::Threads)
  else()
    target_link_libraries(libsql_sqlite INTERFACE SQLite::SQLite3)
  endif()
  add_library(libsql::sqlite ALIAS libsql_sqlite)
endif()
