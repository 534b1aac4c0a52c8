#include "hrana/base64.h"

#include <array>
#include <cstdint>

namespace libsql::hrana {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t kInvalid = 0x8000'0000;  // Survives the shifts of decoding four digits.

constexpr std::array<std::uint32_t, 256> make_values() {
  std::array<std::uint32_t, 256> values{};
  values.fill(kInvalid);
  for (std::uint32_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = i;
  }
  return values;
}
constexpr auto kValues = make_values();

std::uint32_t byte(char c) { return static_cast<unsigned char>(c); }
std::uint32_t digit(char c) { return kValues[static_cast<unsigned char>(c)]; }

// The digits without padding, or nothing if the padding is wrong.
std::optional<std::span<char>> unpadded(std::span<char> text) noexcept {
  std::size_t size = text.size();
  while (size > 0 && text.size() - size < 2 && text[size - 1] == '=') --size;
  if (size != text.size() && text.size() % 4 != 0) return std::nullopt;
  if (size % 4 == 1) return std::nullopt;
  return text.first(size);
}

}  // namespace

void append_base64(std::string_view bytes, std::string& out) {
  const std::size_t begin = out.size();
  out.resize(begin + (bytes.size() * 4 + 2) / 3);
  char* to = out.data() + begin;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t word = byte(bytes[i]) << 16 | byte(bytes[i + 1]) << 8 | byte(bytes[i + 2]);
    for (int shift = 18; shift >= 0; shift -= 6) *to++ = kAlphabet[word >> shift & 63];
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return;
  const std::uint32_t word = byte(bytes[i]) << 8 | (left == 2 ? byte(bytes[i + 1]) : 0);
  *to++ = kAlphabet[word >> 10 & 63];
  *to++ = kAlphabet[word >> 4 & 63];
  if (left == 2) *to = kAlphabet[word << 2 & 63];
}

std::optional<std::size_t> decode_base64(std::span<char> text) noexcept {
  const auto found = unpadded(text);
  if (!found) return std::nullopt;
  const std::span<char> digits = *found;
  std::size_t to = 0;
  std::size_t from = 0;
  std::uint32_t seen = 0;
  for (; from + 4 <= digits.size(); from += 4) {
    const std::uint32_t word = digit(digits[from]) << 18 | digit(digits[from + 1]) << 12 |
                               digit(digits[from + 2]) << 6 | digit(digits[from + 3]);
    seen |= digit(digits[from]) | digit(digits[from + 1]) | digit(digits[from + 2]) |
            digit(digits[from + 3]);
    digits[to++] = static_cast<char>(word >> 16);
    digits[to++] = static_cast<char>(word >> 8);
    digits[to++] = static_cast<char>(word);
  }
  if (const std::size_t left = digits.size() - from; left > 0) {
    const std::uint32_t third = left == 3 ? digit(digits[from + 2]) : 0;
    const std::uint32_t first = digit(digits[from]);
    const std::uint32_t second = digit(digits[from + 1]);
    seen |= first | second | third;
    const std::uint32_t word = first << 18 | second << 12 | third << 6;
    const std::uint32_t unused = left == 3 ? 0xffU : 0xffffU;
    if ((word & unused) != 0) return std::nullopt;
    digits[to++] = static_cast<char>(word >> 16);
    if (left == 3) digits[to++] = static_cast<char>(word >> 8);
  }
  if ((seen & kInvalid) != 0) return std::nullopt;
  return to;
}

}  // namespace libsql::hrana
