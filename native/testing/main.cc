// The main of every test program: as GoogleMock's, with a fixed seed and count for the properties.
#include <cstdlib>

#include <gmock/gmock.h>

int main(int argc, char** argv) {
  constexpr int kKeepExisting = 0;
  setenv("RC_PARAMS", "seed=2026 max_success=500", kKeepExisting);  // Read by RapidCheck.
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
