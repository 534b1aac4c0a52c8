#include "encryption/aes256cbc.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "encryption/file_header.h"

namespace libsql::encryption {

namespace {

constexpr unsigned char kPadding[kAes256Key] = {
    0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
    0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A};
constexpr int kDerivations = 4002;
constexpr unsigned char kPageSalt[4] = {0x73, 0x41, 0x6C, 0x54};
// The two blocks of page 1 that its check needs: those of the header from byte 16 on.
constexpr std::size_t kFirstBlocks = 32;

void store_le32(unsigned char* to, std::uint32_t number) noexcept {
  for (unsigned i = 0; i < 4; ++i) to[i] = static_cast<unsigned char>(number >> (8U * i));
}

// One step of the generator of P. L'Ecuyer (1988), "Efficient and portable combined random number
// generators", in Schrage's form, which does not overflow.
std::int32_t next(std::int32_t z) noexcept {
  constexpr std::int32_t kModulus = 2147483399;
  constexpr std::int32_t kMultiplier = 40692;
  constexpr std::int32_t kQuotient = 52774;
  constexpr std::int32_t kRemainder = 3791;
  const std::int32_t q = z / kQuotient;
  z = kMultiplier * (z - kQuotient * q) - kRemainder * q;
  return z < 0 ? z + kModulus : z;
}

}  // namespace

void pad_key(std::string_view key, Bytes padded) {
  const std::size_t used = std::min(key.size(), kAes256Key);
  std::copy_n(key.begin(), used, padded.begin());
  std::copy_n(std::begin(kPadding), kAes256Key - used,
              padded.begin() + static_cast<std::ptrdiff_t>(used));
}

void derive_master_key(std::string_view key, Bytes master) {
  const DigestContext context = make_digest_context();
  pad_key(key, master);
  for (int i = 0; i < kDerivations; ++i) {
    digest(context.get(), algorithms().sha256, master, master);
  }
}

void derive_page_key(EVP_MD_CTX* context, ConstBytes master, std::uint32_t number, Bytes key) {
  std::array<unsigned char, kAes256Key + 4 + sizeof kPageSalt> input{};
  const WipeAtEnd wiped(input);
  std::ranges::copy(master, input.begin());
  store_le32(input.data() + kAes256Key, number);
  std::ranges::copy(kPageSalt, input.begin() + kAes256Key + 4);
  digest(context, algorithms().sha256, input, key);
}

AesBlock initial_vector(EVP_MD_CTX* context, std::uint32_t number) {
  std::array<unsigned char, 16> seed{};
  auto z = static_cast<std::int32_t>(number + 1);
  for (std::size_t i = 0; i < 4; ++i) {
    z = next(z);
    store_le32(seed.data() + 4 * i, static_cast<std::uint32_t>(z));
  }
  AesBlock iv{};
  digest(context, algorithms().md5, seed, iv);
  return iv;
}

Aes256Cbc::Aes256Cbc(const EncryptionKey& key) {
  std::construct_at(reinterpret_cast<Secrets*>(memory_.bytes().data()));
  derive_master_key(key.bytes(), secrets().master);
  EVP_CIPHER* const algorithm = algorithms().aes256cbc;
  check_openssl(EVP_EncryptInit_ex2(encryptor_.get(), algorithm, nullptr, nullptr, nullptr),
                "AES-256-CBC");
  check_openssl(EVP_DecryptInit_ex2(decryptor_.get(), algorithm, nullptr, nullptr, nullptr),
                "AES-256-CBC");
  // Pages are whole blocks.
  EVP_CIPHER_CTX_set_padding(encryptor_.get(), 0);
  EVP_CIPHER_CTX_set_padding(decryptor_.get(), 0);
  std::array<unsigned char, kAesBlock> first{};
  run_encrypt(1, kPlainMagic, first.data());
  std::copy_n(first.begin(), fingerprint_.size(), fingerprint_.begin());
}

Aes256Cbc::Secrets& Aes256Cbc::secrets() noexcept {
  return *std::launder(reinterpret_cast<Secrets*>(memory_.bytes().data()));
}

const Aes256Cbc::PageKey& Aes256Cbc::page_key(std::uint32_t number) {
  PageKey& kept = secrets().pages[number % kCached];
  if (kept.number != number) {
    kept.number = 0;
    derive_page_key(sha256_.get(), secrets().master, number, kept.key);
    kept.iv = initial_vector(md5_.get(), number);
    kept.number = number;
  }
  return kept;
}

void Aes256Cbc::run_encrypt(std::uint32_t number, ConstBytes from, unsigned char* to) {
  const PageKey& key = page_key(number);
  int length = 0;
  check_openssl(
      EVP_EncryptInit_ex2(encryptor_.get(), nullptr, key.key.data(), key.iv.data(), nullptr),
      "AES-256-CBC");
  check_openssl(
      EVP_EncryptUpdate(encryptor_.get(), to, &length, from.data(), static_cast<int>(from.size())),
      "AES-256-CBC");
}

void Aes256Cbc::run_decrypt(std::uint32_t number, Bytes bytes) {
  const PageKey& key = page_key(number);
  int length = 0;
  check_openssl(
      EVP_DecryptInit_ex2(decryptor_.get(), nullptr, key.key.data(), key.iv.data(), nullptr),
      "AES-256-CBC");
  check_openssl(EVP_DecryptUpdate(decryptor_.get(), bytes.data(), &length, bytes.data(),
                                  static_cast<int>(bytes.size())),
                "AES-256-CBC");
}

// Page 1 is two runs, of its first 16 bytes and of the rest. The file holds 8 bytes of the first;
// the second's first 8 bytes are moved into the place of the other 8, and header bytes 16 to 23 are
// clear in theirs.
void Aes256Cbc::encrypt(std::uint32_t number, ConstBytes plain, Bytes cipher) {
  if (number != 1) return run_encrypt(number, plain, cipher.data());
  run_encrypt(1, plain.subspan(kClearFrom), cipher.data() + kClearFrom);
  std::memcpy(cipher.data() + 8, cipher.data() + kClearFrom, kClearTo - kClearFrom);
  std::memcpy(cipher.data() + kClearFrom, plain.data() + kClearFrom, kClearTo - kClearFrom);
  std::ranges::copy(fingerprint_, cipher.begin());
}

bool Aes256Cbc::decrypt(std::uint32_t number, Bytes page) {
  if (number != 1) {
    run_decrypt(number, page);
    return true;
  }
  std::array<unsigned char, kClearTo - kClearFrom> clear{};
  std::memcpy(clear.data(), page.data() + kClearFrom, clear.size());
  const bool same_key = std::ranges::equal(fingerprint_, page.first(fingerprint_.size()));
  std::memcpy(page.data() + kClearFrom, page.data() + 8, clear.size());
  run_decrypt(1, page.subspan(kClearFrom));
  if (!same_key || std::memcmp(page.data() + kClearFrom, clear.data(), clear.size()) != 0) {
    std::ranges::fill(page, static_cast<unsigned char>(0));
    return false;
  }
  std::ranges::copy(kPlainMagic, page.begin());
  return true;
}

Refusal Aes256Cbc::open(ConstBytes header) {
  switch (kind_of_file(header)) {
    case FileKind::plain:
      return Refusal::not_encrypted;
    case FileKind::aes256gcm:
      return Refusal::other_cipher;
    case FileKind::empty:
    case FileKind::perhaps_aes256cbc:
    case FileKind::unknown:
      break;
  }
  const bool same_key = header.size() >= kFirstBlocks &&
                        std::ranges::equal(fingerprint_, header.first(fingerprint_.size()));
  if (!same_key) return Refusal::wrong_key;
  std::array<unsigned char, kFirstBlocks> blocks{};
  std::copy_n(header.begin(), blocks.size(), blocks.begin());
  return has_clear_header(header) && decrypt(1, blocks) ? Refusal::none : Refusal::damaged_header;
}

}  // namespace libsql::encryption
