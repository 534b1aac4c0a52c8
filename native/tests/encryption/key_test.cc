#include <sstream>

#include <gmock/gmock.h>

#include "encryption/secret_memory.h"
#include "libsql/encryption.h"
#include "libsql/error.h"
#include "testing/matchers.h"

namespace libsql::encryption {
namespace {

using testing::throws_error;

TEST(EncryptionKeyTest, KeepsAnyBytes) {
  const std::string bytes("\0\xff key", 6);
  EXPECT_EQ(EncryptionKey(bytes).bytes(), bytes);
}

TEST(EncryptionKeyTest, RefusesAnEmptyKey) {
  EXPECT_THAT([] { return EncryptionKey(""); }, throws_error(ErrorKind::invalid_argument, "empty"));
}

TEST(EncryptionKeyTest, ComparesBytes) {
  const EncryptionKey key("one");
  EXPECT_EQ(key, EncryptionKey("one"));
  EXPECT_FALSE(key == EncryptionKey("two"));
  EXPECT_FALSE(key == EncryptionKey("one "));
}

TEST(EncryptionKeyTest, PrintsNothingOfTheKey) {
  std::ostringstream out;
  out << EncryptionKey("a secret");
  EXPECT_EQ(out.str(), "[encryption key]");
}

TEST(CipherTest, HasNames) {
  for (const Cipher cipher : {Cipher::aes256cbc, Cipher::aes256gcm}) {
    EXPECT_EQ(cipher_of(to_string(cipher)), cipher);
  }
  EXPECT_EQ(cipher_of("aes128"), std::nullopt);
  EXPECT_EQ(cipher_of(""), std::nullopt);
}

TEST(SecretMemoryTest, IsLockedAndWipedByHand) {
  SecretMemory memory(40);
  ASSERT_EQ(memory.bytes().size(), 40U);
  EXPECT_TRUE(memory.locked());
  EXPECT_THAT(memory.bytes(), ::testing::Each(0));
  std::ranges::fill(memory.bytes(), static_cast<unsigned char>(7));
  wipe(memory.bytes());
  EXPECT_THAT(memory.bytes(), ::testing::Each(0));
}

TEST(SecretMemoryTest, WipesAtTheEndOfAScope) {
  std::array<unsigned char, 8> secret{1, 2, 3};
  { const WipeAtEnd wiped(secret); }
  EXPECT_THAT(secret, ::testing::Each(0));
}

}  // namespace
}  // namespace libsql::encryption
