// Bytes as hexadecimal digits, as specifications print them.
#ifndef LIBSQL_TESTING_HEX_H_
#define LIBSQL_TESTING_HEX_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::testing {

inline std::string to_hex(std::span<const unsigned char> bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

// Skips everything that is no digit.
inline std::vector<unsigned char> from_hex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<unsigned char> bytes;
  int high = -1;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) continue;
    if (high < 0) {
      high = static_cast<int>(digit);
    } else {
      bytes.push_back(static_cast<unsigned char>(high * 16 + static_cast<int>(digit)));
      high = -1;
    }
  }
  return bytes;
}

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_HEX_H_
