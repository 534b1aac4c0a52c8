# Installing: headers, one library, the command, and packages for find_package(libsql) and pkg-config.
include(CMakePackageConfigHelpers)

install(TARGETS libsql EXPORT libsqlTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY native/include/libsql DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET libsql-shell)
  install(TARGETS libsql-shell RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  if(BUILD_SHARED_LIBS AND NOT APPLE)
    file(RELATIVE_PATH from_bin ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(libsql-shell PROPERTIES INSTALL_RPATH "$ORIGIN/${from_bin}")
  endif()
endif()
# What the archive needs is linked by its users; the shared library brings it along.
if(NOT BUILD_SHARED_LIBS AND LIBSQL_SQLITE_AMALGAMATION)
  install(TARGETS libsql_sqlite EXPORT libsqlTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
elseif(NOT BUILD_SHARED_LIBS)
  install(TARGETS libsql_sqlite EXPORT libsqlTargets)
endif()
install(EXPORT libsqlTargets NAMESPACE libsql:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/libsql)
configure_package_config_file(cmake/libsqlConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/libsqlConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/libsql)
# Before 1.0 a minor version may change an interface: a request for 0.3 must not get 0.10.
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(LIBSQL_COMPATIBILITY SameMinorVersion)
else()
  set(LIBSQL_COMPATIBILITY SameMajorVersion)
endif()
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/libsqlConfigVersion.cmake
  COMPATIBILITY ${LIBSQL_COMPATIBILITY})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libsqlConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/libsqlConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/libsql)

# pkg-config. The archive's own needs are always asked for, not only with --static.
set(LIBSQL_PC_NEEDS "libcrypto >= 3.0, libssl >= 3.0, simdjson")
set(LIBSQL_PC_LIBS "-lsql")
if(LIBSQL_SQLITE_AMALGAMATION)
  string(APPEND LIBSQL_PC_LIBS " -lsql_sqlite -lm -ldl")
else()
  string(APPEND LIBSQL_PC_NEEDS ", sqlite3 >= 3.40")
endif()
set(LIBSQL_PC_REQUIRES "Requires: ${LIBSQL_PC_NEEDS}")
set(LIBSQL_PC_CFLAGS "")
if(BUILD_SHARED_LIBS)
  set(LIBSQL_PC_REQUIRES "")
  set(LIBSQL_PC_LIBS "-lsql")
  set(LIBSQL_PC_CFLAGS " -DLIBSQL_SHARED")
endif()
configure_file(cmake/libsql.pc.in ${CMAKE_CURRENT_BINARY_DIR}/libsql.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libsql.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
