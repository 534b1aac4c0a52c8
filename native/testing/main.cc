// The main of every test program: as GoogleMock's, with a fixed seed and count for the properties.
#include <cstdlib>

#include <gmock/gmock.h>

#ifdef __SANITIZE_THREAD__
// What ThreadSanitizer must not report. WebSocketServer's end shuts down the sockets in which its
// threads wait: nothing else wakes a blocking read, and Asio keeps flags of a socket next to it
// without a lock. OpenSSL counts who uses an object by atomics that the sanitizer does not see, so
// that freeing it on another thread than the one that made it looks like a race with its last use.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions() {
  return "race:libsql::testing::WebSocketServer::~WebSocketServer\n"
         "race:CRYPTO_THREAD_lock_free\n";
}
#endif

int main(int argc, char** argv) {
  constexpr int kKeepExisting = 0;
  setenv("RC_PARAMS", "seed=2026 max_success=500", kKeepExisting);  // Read by RapidCheck.
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
