// The authenticated format: the vectors of docs/encryption_format.md, and that nothing can change.
#include "encryption/aes256gcm.h"

#include <gmock/gmock.h>

#include "encryption/file_header.h"
#include "testing/hex.h"

namespace libsql::encryption {
namespace {

using testing::to_hex;
using Page = std::vector<unsigned char>;

constexpr std::size_t kSize = 512;

// 0, 1, 2, ... instead of random bytes, for vectors.
void counting_bytes(Bytes out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<unsigned char>(i);
}

EncryptionKey key() { return EncryptionKey("0123456789abcdefghijklmnopqrstuv"); }

// An empty database of two pages: header fields and the first bytes of a table.
Page plain_page(std::uint32_t number) {
  Page page(kSize);
  if (number == 1) {
    std::ranges::copy(kPlainMagic, page.begin());
    std::ranges::copy(testing::from_hex("0200010120402020000000010000000200"),
                      page.begin() + kClearFrom);
  }
  for (std::size_t i = kHeaderBytes; i < kSize - kGcmReserved; ++i) {
    page[i] = static_cast<unsigned char>(i * number);
  }
  return page;
}

Page encrypted(Aes256Gcm& cipher, std::uint32_t number) {
  Page page(kSize);
  cipher.encrypt(number, plain_page(number), page);
  return page;
}

TEST(Aes256GcmTest, RestoresPages) {
  Aes256Gcm writer(key(), KeyDerivation::hkdf);
  Page first = encrypted(writer, 1);
  Page second = encrypted(writer, 2);
  Aes256Gcm reader(key(), KeyDerivation::hkdf);
  ASSERT_EQ(reader.open(first), Refusal::none);
  ASSERT_TRUE(reader.decrypt(1, first));
  ASSERT_TRUE(reader.decrypt(2, second));
  EXPECT_EQ(first, plain_page(1));
  EXPECT_EQ(second, plain_page(2));
}

TEST(Aes256GcmTest, NeverEncryptsAPageTwiceInTheSameWay) {
  Aes256Gcm cipher(key(), KeyDerivation::hkdf);
  EXPECT_NE(encrypted(cipher, 2), encrypted(cipher, 2));
}

// The vectors of docs/encryption_format.md.
TEST(Aes256GcmTest, WritesTheDocumentedBytes) {
  Aes256Gcm cipher(key(), KeyDerivation::hkdf, counting_bytes);
  const Page first = encrypted(cipher, 1);
  EXPECT_EQ(to_hex(ConstBytes(first).first(96)),
            "654c696253514c0101010000000000000200010120402020ddf5830b53f1839339cfa4268df0b893"
            "af8ae25489ab2630418f25c9f3512f479fd5fc7a8c89b5e1b5f4ac94d317bc920001020304050607"
            "08090a0b0c0d0e0f0fb730d90186c7eb");
  EXPECT_EQ(to_hex(ConstBytes(first).last(kGcmReserved)),
            "40cf75d0e420c160ce8aec10e493ef1b000102030405060708090a0b0c0d0e0f");
  const Page second = encrypted(cipher, 2);
  EXPECT_EQ(to_hex(ConstBytes(second).first(32)),
            "1fb3c02ca145b88d54c0146ec0993dcf8324648e868b594d4a2b331360ca12e7");
  EXPECT_EQ(to_hex(ConstBytes(second).last(kGcmReserved)),
            "6871b3da86bdec1dd61fcbf46c35ec23000102030405060708090a0b0c0d0e0f");
  Aes256Gcm slow(EncryptionKey("correct horse battery staple"), KeyDerivation::scrypt,
                 counting_bytes);
  EXPECT_EQ(to_hex(ConstBytes(encrypted(slow, 1)).first(96)),
            "654c696253514c0101020f080100000002000101204020202b99aa9d8058744f25a5331e036c02af"
            "7becbab2bea4bb45f805046889849603a27fda33053c9272a02b0840d5495d280001020304050607"
            "08090a0b0c0d0e0fe2fcbddc232bf8de");
}

TEST(Aes256GcmTest, DetectsEveryChangedBit) {
  Aes256Gcm cipher(key(), KeyDerivation::hkdf);
  for (const std::uint32_t number : {1U, 2U}) {
    const Page page = encrypted(cipher, number);
    for (std::size_t bit = 0; bit < kSize * 8; ++bit) {
      Page changed = page;
      changed[bit / 8] = static_cast<unsigned char>(changed[bit / 8] ^ (1U << (bit % 8)));
      // Of page 1 the header's bytes are looked at first.
      const bool refused = number == 1 && cipher.open(changed) != Refusal::none;
      ASSERT_TRUE(refused || !cipher.decrypt(number, changed)) << number << ", bit " << bit;
    }
    // The refusals of open() have not changed what the cipher knows of its file.
    Page again = page;
    ASSERT_TRUE(number == 2 || cipher.open(again) == Refusal::none);
    ASSERT_TRUE(cipher.decrypt(number, again)) << number;
  }
}

TEST(Aes256GcmTest, DetectsAPageOfAnotherNumberOrFile) {
  Aes256Gcm cipher(key(), KeyDerivation::hkdf);
  Page moved = encrypted(cipher, 2);
  EXPECT_FALSE(cipher.decrypt(3, moved));
  Aes256Gcm other(key(), KeyDerivation::hkdf);
  Page exchanged = encrypted(other, 2);
  static_cast<void>(encrypted(cipher, 2));
  EXPECT_FALSE(cipher.decrypt(2, exchanged));
}

TEST(Aes256GcmTest, ReadsAPageThatWasNeverWrittenAsZeros) {
  Aes256Gcm cipher(key(), KeyDerivation::hkdf);
  static_cast<void>(encrypted(cipher, 1));
  Page hole(kSize);
  EXPECT_TRUE(cipher.decrypt(5, hole));
  EXPECT_THAT(hole, ::testing::Each(0));
  EXPECT_FALSE(cipher.decrypt(1, hole));
}

TEST(Aes256GcmTest, SaysWhatIsWrongWithAFile) {
  Aes256Gcm writer(key(), KeyDerivation::hkdf);
  const Page file = encrypted(writer, 1);
  Aes256Gcm other(EncryptionKey("another key, of at least 32 bytes"), KeyDerivation::hkdf);
  EXPECT_EQ(other.open(file), Refusal::wrong_key);
  Page newer = file;
  newer[7] = 2;
  EXPECT_EQ(writer.open(newer), Refusal::unknown_version);
  Page greedy = file;
  greedy[9] = 2;
  greedy[10] = 40;
  greedy[11] = 8;
  greedy[12] = 1;
  EXPECT_EQ(writer.open(greedy), Refusal::unknown_version) << "would take memory without end";
  EXPECT_EQ(writer.open(plain_page(1)), Refusal::not_encrypted);
}

// The file says how its key is derived; the option is for new files.
TEST(Aes256GcmTest, TakesTheDerivationFromTheFile) {
  Aes256Gcm writer(EncryptionKey("a passphrase"), KeyDerivation::scrypt);
  Page page = encrypted(writer, 1);
  Aes256Gcm reader(EncryptionKey("a passphrase"), KeyDerivation::hkdf);
  ASSERT_EQ(reader.open(page), Refusal::none);
  EXPECT_TRUE(reader.decrypt(1, page));
  EXPECT_EQ(page, plain_page(1));
}

}  // namespace
}  // namespace libsql::encryption
