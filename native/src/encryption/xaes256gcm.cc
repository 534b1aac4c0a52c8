#include "encryption/xaes256gcm.h"

#include <algorithm>

namespace libsql::encryption {

namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kKey = 32;
constexpr std::size_t kHalfNonce = 12;
// A counter, then "X" and 0: the two blocks that become the message's key.
constexpr unsigned char kLabel = 'X';

// Multiplication by x in GF(2^128), as in CMAC. Source: NIST SP 800-38B, section 6.1.
void double_block(Bytes block) noexcept {
  const bool carry = (block[0] & 0x80U) != 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const unsigned next = i + 1 < kBlock ? block[i + 1] : 0U;
    block[i] = static_cast<unsigned char>((unsigned{block[i]} << 1U) | (next >> 7U));
  }
  if (carry) block[kBlock - 1] ^= 0x87U;
}

}  // namespace

void Xaes256Gcm::set_key(ConstBytes key) {
  const Algorithms& known = algorithms();
  check_openssl(EVP_EncryptInit_ex2(block_.get(), known.aes256ecb, key.data(), nullptr, nullptr),
                "AES-256");
  EVP_CIPHER_CTX_set_padding(block_.get(), 0);
  check_openssl(EVP_EncryptInit_ex2(sealer_.get(), known.aes256gcm, nullptr, nullptr, nullptr),
                "AES-256-GCM");
  check_openssl(EVP_DecryptInit_ex2(opener_.get(), known.aes256gcm, nullptr, nullptr, nullptr),
                "AES-256-GCM");
  const Bytes constant = secret_.bytes().first(kBlock);
  std::ranges::fill(constant, static_cast<unsigned char>(0));
  int length = 0;
  check_openssl(EVP_EncryptUpdate(block_.get(), constant.data(), &length, constant.data(),
                                  static_cast<int>(kBlock)),
                "AES-256");
  double_block(constant);
}

void Xaes256Gcm::derive(const XaesNonce& nonce) {
  const ConstBytes constant = secret_.bytes().first(kBlock);
  const Bytes key = secret_.bytes().subspan(kBlock, kKey);
  for (std::size_t i = 0; i < 2; ++i) {
    const Bytes block = key.subspan(i * kBlock, kBlock);
    block[0] = 0;
    block[1] = static_cast<unsigned char>(i + 1);
    block[2] = kLabel;
    block[3] = 0;
    std::copy_n(nonce.begin(), kHalfNonce, block.begin() + 4);
    for (std::size_t j = 0; j < kBlock; ++j) block[j] ^= constant[j];
  }
  int length = 0;
  check_openssl(
      EVP_EncryptUpdate(block_.get(), key.data(), &length, key.data(), static_cast<int>(kKey)),
      "AES-256");
}

void Xaes256Gcm::seal(const XaesNonce& nonce, ConstBytes associated, std::span<const Piece> text,
                      Bytes tag) {
  derive(nonce);
  EVP_CIPHER_CTX* const context = sealer_.get();
  int length = 0;
  check_openssl(EVP_EncryptInit_ex2(context, nullptr, secret_.bytes().data() + kBlock,
                                    nonce.data() + kHalfNonce, nullptr),
                "AES-256-GCM");
  check_openssl(EVP_EncryptUpdate(context, nullptr, &length, associated.data(),
                                  static_cast<int>(associated.size())),
                "AES-256-GCM");
  for (const Piece& piece : text) {
    check_openssl(EVP_EncryptUpdate(context, piece.to, &length, piece.from.data(),
                                    static_cast<int>(piece.from.size())),
                  "AES-256-GCM");
  }
  check_openssl(EVP_EncryptFinal_ex(context, tag.data(), &length), "AES-256-GCM");
  check_openssl(
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kGcmTag), tag.data()),
      "AES-256-GCM");
}

bool Xaes256Gcm::open(const XaesNonce& nonce, ConstBytes associated, std::span<const Piece> text,
                      ConstBytes tag) {
  derive(nonce);
  EVP_CIPHER_CTX* const context = opener_.get();
  int length = 0;
  check_openssl(EVP_DecryptInit_ex2(context, nullptr, secret_.bytes().data() + kBlock,
                                    nonce.data() + kHalfNonce, nullptr),
                "AES-256-GCM");
  check_openssl(EVP_DecryptUpdate(context, nullptr, &length, associated.data(),
                                  static_cast<int>(associated.size())),
                "AES-256-GCM");
  for (const Piece& piece : text) {
    check_openssl(EVP_DecryptUpdate(context, piece.to, &length, piece.from.data(),
                                    static_cast<int>(piece.from.size())),
                  "AES-256-GCM");
  }
  std::array<unsigned char, kGcmTag> expected{};
  std::ranges::copy(tag, expected.begin());
  check_openssl(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kGcmTag),
                                    expected.data()),
                "AES-256-GCM");
  std::array<unsigned char, kGcmTag> unused{};
  return EVP_DecryptFinal_ex(context, unused.data(), &length) == 1;
}

}  // namespace libsql::encryption
