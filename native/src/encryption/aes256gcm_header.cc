#include "encryption/aes256gcm_header.h"

#include <algorithm>
#include <cstring>

#include "encryption/file_header.h"

namespace libsql::encryption {

namespace {

// "eLibSQL", then the version of the format, the cipher, the derivation and its three parameters.
constexpr unsigned char kMagic[7] = {'e', 'L', 'i', 'b', 'S', 'Q', 'L'};
constexpr std::size_t kVersionAt = 7;
constexpr std::size_t kCipherAt = 8;
constexpr std::size_t kDerivationAt = 9;
constexpr std::size_t kLog2NAt = 10;
constexpr std::size_t kRAt = 11;
constexpr std::size_t kPAt = 12;
constexpr std::size_t kZerosAt = 13;
constexpr unsigned char kVersion = 1;
constexpr unsigned char kXaes256Gcm = 1;
constexpr unsigned char kHkdf = 1;
constexpr unsigned char kScrypt = 2;
// What a file may ask of its reader: 1 GB of memory, and a few seconds.
constexpr std::uint8_t kMinLog2N = 14;
constexpr std::uint8_t kMaxLog2N = 20;
constexpr std::uint8_t kR = 8;
constexpr std::uint8_t kMaxP = 4;

bool is_allowed(const ScryptCost& cost) noexcept {
  return cost.log2_n >= kMinLog2N && cost.log2_n <= kMaxLog2N && cost.r == kR && cost.p >= 1 &&
         cost.p <= kMaxP;
}

}  // namespace

std::array<unsigned char, GcmHeader::kPrefixBytes> GcmHeader::prefix() const noexcept {
  std::array<unsigned char, kPrefixBytes> made{};
  std::ranges::copy(kMagic, made.begin());
  made[kVersionAt] = kVersion;
  made[kCipherAt] = kXaes256Gcm;
  made[kDerivationAt] = derivation == KeyDerivation::hkdf ? kHkdf : kScrypt;
  made[kLog2NAt] = cost.log2_n;
  made[kRAt] = cost.r;
  made[kPAt] = cost.p;
  return made;
}

bool has_gcm_magic(ConstBytes first) noexcept {
  return first.size() >= sizeof kMagic && std::memcmp(first.data(), kMagic, sizeof kMagic) == 0;
}

std::optional<GcmHeader> parse_gcm_header(ConstBytes first) noexcept {
  if (first.size() < kHeaderBytes || !has_gcm_magic(first)) return std::nullopt;
  const bool known = first[kVersionAt] == kVersion && first[kCipherAt] == kXaes256Gcm &&
                     all_zero(first.subspan(kZerosAt, GcmHeader::kPrefixBytes - kZerosAt));
  GcmHeader header;
  header.cost = {.log2_n = first[kLog2NAt], .r = first[kRAt], .p = first[kPAt]};
  const bool hkdf = first[kDerivationAt] == kHkdf && header.cost.log2_n == 0 &&
                    header.cost.r == 0 && header.cost.p == 0;
  const bool scrypt = first[kDerivationAt] == kScrypt && is_allowed(header.cost);
  if (!known || (!hkdf && !scrypt)) return std::nullopt;
  header.derivation = hkdf ? KeyDerivation::hkdf : KeyDerivation::scrypt;
  std::copy_n(first.begin() + kFileIdAt, kFileIdBytes, header.file_id.begin());
  std::copy_n(first.begin() + kKeyCheckAt, kKeyCheckBytes, header.key_check.begin());
  return header;
}

}  // namespace libsql::encryption
