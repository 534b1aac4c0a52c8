# Installing: headers, one archive, the command, and a package for find_package(libsql).
include(CMakePackageConfigHelpers)

install(TARGETS libsql EXPORT libsqlTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY native/include/libsql DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET libsql-shell)
  install(TARGETS libsql-shell RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(LIBSQL_SQLITE_AMALGAMATION)
  install(TARGETS libsql_sqlite EXPORT libsqlTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
else()
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
