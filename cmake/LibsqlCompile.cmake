# Compile flags of our own targets: libsql_compile(<target>).
find_package(Threads REQUIRED)

function(libsql_compile target)
  target_link_libraries(${target} PRIVATE Threads::Threads)
  if(LIBSQL_DEVELOPER OR LIBSQL_FUZZ)
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Werror;-Wshadow;-Wconversion;-Wnon-virtual-dtor;-Wold-style-cast>)
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wthread-safety>)
    endif()
  endif()
  if(LIBSQL_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(LIBSQL_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${LIBSQL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
    # Instrumented code makes GCC warn where there is nothing (gcc.gnu.org, "-fsanitize=address").
    target_compile_options(${target} PRIVATE
      $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-maybe-uninitialized>)
    target_link_options(${target} PRIVATE -fsanitize=${LIBSQL_SANITIZE})
  endif()
endfunction()

# For targets that include Boost's networking: links it, and OpenSSL.
function(libsql_network target)
  target_link_libraries(${target} PUBLIC Boost::headers OpenSSL::SSL)
  if(LIBSQL_SANITIZE)
    # Its templates take a minute a file to optimise with a sanitizer's checks.
    target_compile_options(${target} PRIVATE -O0)
  endif()
  if(LIBSQL_SANITIZE MATCHES "thread")
    # GCC's ThreadSanitizer does not understand fences; Asio's mutexes order what matters here.
    target_compile_definitions(${target} PUBLIC BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endfunction()
