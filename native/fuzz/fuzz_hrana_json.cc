// Hrana messages in JSON: refused by name or understood, and the same after a round trip.
#include <cstddef>
#include <cstdint>

#include "fuzz/hrana.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  libsql::fuzz::HranaClaims(libsql::hrana::Encoding::json)
      .check_all({reinterpret_cast<const char*>(data), size});
  return 0;
}
