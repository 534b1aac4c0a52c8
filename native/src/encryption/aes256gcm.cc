#include "encryption/aes256gcm.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "encryption/file_header.h"
#include "encryption/secret_memory.h"

namespace libsql::encryption {

namespace {

constexpr std::size_t kPageKey = 32;
constexpr std::string_view kInfo = "eLibSQL page key 1";
// RFC 7914 names these for interactive use in 2009, twice as much is usual today.
constexpr ScryptCost kScryptCost{.log2_n = 15, .r = 8, .p = 1};

// The nonce: page number, four zeros, and the random bytes at the end of the page.
XaesNonce nonce_of(std::uint32_t number, ConstBytes random) noexcept {
  XaesNonce nonce{};
  store_be32(nonce.data(), number);
  std::ranges::copy(random, nonce.begin() + 8);
  return nonce;
}

// The encrypted parts of a page: all but the reserved bytes, and of page 1 all but what is clear.
struct Parts {
  std::array<Xaes256Gcm::Piece, 2> pieces;
  std::size_t count;
  [[nodiscard]] std::span<const Xaes256Gcm::Piece> span() const { return {pieces.data(), count}; }
};

Parts parts_of(std::uint32_t number, ConstBytes from, unsigned char* to) noexcept {
  const std::size_t end = from.size() - kGcmReserved;
  if (number != 1) return {{{{from.first(end), to}, {}}}, 1};
  return {{{{from.subspan(kClearTo, kFileIdAt - kClearTo), to + kClearTo},
            {from.subspan(kGcmClearTo, end - kGcmClearTo), to + kGcmClearTo}}},
          2};
}

}  // namespace

Aes256Gcm::Aes256Gcm(EncryptionKey key, KeyDerivation derivation, void (*random)(Bytes))
    : key_(std::move(key)), derivation_(derivation), random_(random) {}

void Aes256Gcm::derive(GcmHeader& header) {
  std::array<unsigned char, kPageKey> stretched{};
  std::array<unsigned char, kPageKey + kKeyCheckBytes> derived{};
  const WipeAtEnd first_wiped(stretched);
  const WipeAtEnd second_wiped(derived);
  const std::string_view text = key_.bytes();
  ConstBytes key(reinterpret_cast<const unsigned char*>(text.data()), text.size());
  if (header.derivation == KeyDerivation::scrypt) {
    scrypt(key, header.file_id, header.cost, stretched);
    key = stretched;
  }
  hkdf_sha256(key, header.file_id, kInfo, derived);
  std::copy_n(derived.begin() + kPageKey, kKeyCheckBytes, header.key_check.begin());
  xaes_.set_key(ConstBytes(derived).first(kPageKey));
}

void Aes256Gcm::need_header() {
  if (has_header_) return;
  header_ = {};
  header_.derivation = derivation_;
  if (derivation_ == KeyDerivation::scrypt) header_.cost = kScryptCost;
  random_(header_.file_id);
  derive(header_);
  has_header_ = true;
}

Refusal Aes256Gcm::open(ConstBytes header) {
  switch (kind_of_file(header)) {
    case FileKind::plain:
      return Refusal::not_encrypted;
    case FileKind::perhaps_aes256cbc:
      return Refusal::other_cipher;
    case FileKind::empty:
    case FileKind::unknown:
      return Refusal::wrong_key;
    case FileKind::aes256gcm:
      break;
  }
  const std::optional<GcmHeader> found = parse_gcm_header(header);
  if (!found) return Refusal::unknown_version;
  if (has_header_ && found->prefix() == header_.prefix() && found->file_id == header_.file_id) {
    return found->key_check == header_.key_check ? Refusal::none : Refusal::wrong_key;
  }
  GcmHeader derived = *found;
  has_header_ = false;
  derive(derived);
  if (derived.key_check != found->key_check) return Refusal::wrong_key;
  header_ = derived;
  has_header_ = true;
  return has_clear_header(header) ? Refusal::none : Refusal::damaged_header;
}

ConstBytes Aes256Gcm::associated(std::uint32_t number, ConstBytes page) {
  auto* at = std::ranges::copy(header_.prefix(), associated_.data()).out;
  at = std::ranges::copy(header_.file_id, at).out;
  store_be32(at, number);
  at += 4;
  if (number == 1) {
    at = std::ranges::copy(page.subspan(kClearFrom, kClearTo - kClearFrom), at).out;
    at = std::ranges::copy(page.subspan(kKeyCheckAt, kKeyCheckBytes), at).out;
  }
  return {associated_.data(), static_cast<std::size_t>(at - associated_.data())};
}

void Aes256Gcm::encrypt(std::uint32_t number, ConstBytes plain, Bytes cipher) {
  need_header();
  if (number == 1) {
    std::ranges::copy(header_.prefix(), cipher.begin());
    std::memcpy(cipher.data() + kClearFrom, plain.data() + kClearFrom, kClearTo - kClearFrom);
    std::ranges::copy(header_.file_id, cipher.begin() + kFileIdAt);
    std::ranges::copy(header_.key_check, cipher.begin() + kKeyCheckAt);
  }
  const Bytes tag = cipher.last(kGcmReserved).first(kGcmTag);
  const Bytes random = cipher.last(kGcmRandom);
  random_(random);
  xaes_.seal(nonce_of(number, random), associated(number, cipher),
             parts_of(number, plain, cipher.data()).span(), tag);
}

bool Aes256Gcm::decrypt(std::uint32_t number, Bytes page) {
  // A page that was allocated and freed in one transaction may never have been written.
  if (number != 1 && all_zero(page.last(kGcmReserved)) && all_zero(page)) return true;
  bool good = has_header_;
  if (good && number == 1) {
    good = std::ranges::equal(header_.prefix(), page.first(GcmHeader::kPrefixBytes)) &&
           std::ranges::equal(header_.file_id, page.subspan(kFileIdAt, kFileIdBytes));
  }
  const Bytes tag = page.last(kGcmReserved).first(kGcmTag);
  good = good && xaes_.open(nonce_of(number, page.last(kGcmRandom)), associated(number, page),
                            parts_of(number, page, page.data()).span(), tag);
  if (!good) {
    std::ranges::fill(page, static_cast<unsigned char>(0));
    return false;
  }
  if (number == 1) {
    std::ranges::copy(kPlainMagic, page.begin());
    std::ranges::fill(page.subspan(kFileIdAt, kFileIdBytes + kKeyCheckBytes),
                      static_cast<unsigned char>(0));
  }
  std::ranges::fill(page.last(kGcmReserved), static_cast<unsigned char>(0));
  return true;
}

}  // namespace libsql::encryption
