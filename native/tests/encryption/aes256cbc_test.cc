// libSQL's format against values that libSQL itself has computed.
#include "encryption/aes256cbc.h"

#include <random>

#include <gmock/gmock.h>

#include "encryption/file_header.h"
#include "testing/hex.h"
#include "two_pages.h"

namespace libsql::encryption {
namespace {

using testing::from_hex;
using testing::to_hex;
using Page = std::vector<unsigned char>;

std::string sha256(ConstBytes bytes) {
  std::array<unsigned char, 32> out{};
  digest(make_digest_context().get(), algorithms().sha256, bytes, out);
  return to_hex(out);
}

struct KeyVector {
  const char* key;
  const char* padded;
  const char* master;
};

constexpr KeyVector kKeys[] = {
    {"s3cR3t", "73336352337428bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0c",
     "b068ea3c8d4c8018f562cecf37bf43531573ebf63998809aec6daedfb4bb042c"},
    {"k", "6b28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe645369",
     "7ca49a73ff5a674cb57dbf9f88f3441d3a984b32b70511472a6d1f0991ac2a63"},
    {"pässword with spaces ✓", "70c3a47373776f726420776974682073706163657320e29c9328bf4e5e4e758a",
     "2cf69983f747cb3b7cb9f8e98304528a79da970d4ffea8414230d633aae93f3c"},
    {"0123456789abcdefghijklmnopqrstuvWXYZ-ignored-tail",
     "303132333435363738396162636465666768696a6b6c6d6e6f70717273747576",
     "9ed26fe594d8db101c9c94d936d782ce788d3a219fae2282a620e6ff1f628432"}};

TEST(Aes256CbcTest, DerivesTheMasterKeyAsLibSql) {
  for (const KeyVector& vector : kKeys) {
    std::array<unsigned char, kAes256Key> key{};
    pad_key(vector.key, key);
    EXPECT_EQ(to_hex(key), vector.padded) << vector.key;
    derive_master_key(vector.key, key);
    EXPECT_EQ(to_hex(key), vector.master) << vector.key;
  }
}

struct PageVector {
  std::uint32_t number;
  const char* key;
  const char* iv;
};

constexpr PageVector kPages[] = {
    {1, "155bb1109573c83cd3557ab50c09335a7be6f518a6ee72e7eb5fd7916801782c",
     "20d7420f9c37a35dca6fe92a1c6999a9"},
    {2, "12b60bc6ba68a4d65f2dba724dc36b3afd86d0d3e6cf11915e72133b13cd38d4",
     "b2547aac5270eef583e1d267a725d988"},
    {3, "92ee4e72cc4723d6a397c507b20c85e007c42b52bdd36a163ccfbd51464484af",
     "a58ce66f7d76cb8ce976ddb2557499de"},
    {256, "d900cfe3768a4fab5aaa3ce2e0f4f33257510e9e191176e7559ac34839dd3ec3",
     "d98b0ae91952f547892b71a11a84e004"},
    {65537, "f868ce07d3d1cf3be520197c493907236391b7fc6219a0c541823652fa12709a",
     "6e13a7f5136003516331076633dbd100"},
    {236222, "7e23639fef51d442a8cb176a33ea5a1840d5a3da36e458b995bf14891d427e86",
     "8d75e96cec22acd543e34d9fdc581596"},
    {1073741823, "41315e64cf156aedb202595b53269bcd7953376ee8b3f8fa2138cff34f24d49d",
     "0c8640ff5368186fbcd0e4fc7b5bc062"}};

TEST(Aes256CbcTest, DerivesPageKeysAndInitialVectorsAsLibSql) {
  const DigestContext context = make_digest_context();
  std::array<unsigned char, kAes256Key> master{};
  derive_master_key("s3cR3t", master);
  for (const PageVector& vector : kPages) {
    std::array<unsigned char, kAes256Key> key{};
    derive_page_key(context.get(), master, vector.number, key);
    EXPECT_EQ(to_hex(key), vector.key) << vector.number;
    EXPECT_EQ(to_hex(initial_vector(context.get(), vector.number)), vector.iv) << vector.number;
  }
}

TEST(Aes256CbcTest, DecryptsAndEncryptsADatabaseOfLibSql) {
  Aes256Cbc cipher(EncryptionKey("s3cR3t"));
  const Page encrypted[] = {from_hex(kEncryptedPage1), from_hex(kEncryptedPage2)};
  const char* const plain_digests[] = {
      "e818f940d26ebaa59bb1fdf78f63d3a4b20be9ee45ab207699d7640f05a5de37",
      "85766862e826cd368ed0e898b733969e70c0a504832aa7af5b39097e968bb0d3"};
  for (std::uint32_t number = 1; number <= 2; ++number) {
    const Page& file = encrypted[number - 1];
    Page page = file;
    ASSERT_TRUE(cipher.decrypt(number, page));
    EXPECT_EQ(sha256(page), plain_digests[number - 1]);
    Page again(page.size());
    cipher.encrypt(number, page, again);
    EXPECT_EQ(to_hex(again), to_hex(file));
  }
}

TEST(Aes256CbcTest, DecryptsTheBeginningOfPage1Alone) {
  Aes256Cbc cipher(EncryptionKey("s3cR3t"));
  Page whole = from_hex(kEncryptedPage1);
  Page prefix(whole.begin(), whole.begin() + 112);
  ASSERT_TRUE(cipher.decrypt(1, whole));
  ASSERT_TRUE(cipher.decrypt(1, prefix));
  EXPECT_TRUE(std::equal(prefix.begin(), prefix.end(), whole.begin()));
}

// The check of page 1 covers its first 32 bytes: what proves the key, and what it is compared with.
TEST(Aes256CbcTest, RefusesPage1WithAnyBitOfItsFirstBytesChanged) {
  const Page file = from_hex(kEncryptedPage1);
  Aes256Cbc cipher(EncryptionKey("s3cR3t"));
  EXPECT_EQ(cipher.open(file), Refusal::none);
  for (std::size_t bit = 0; bit < std::size_t{8} * 32; ++bit) {
    Page changed = file;
    changed[bit / 8] = static_cast<unsigned char>(changed[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_EQ(cipher.open(changed), bit / 8 < 8 ? Refusal::wrong_key : Refusal::damaged_header)
        << "bit " << bit;
    EXPECT_FALSE(cipher.decrypt(1, changed)) << "bit " << bit;
  }
}

TEST(Aes256CbcTest, SaysWhatIsWrongWithAFile) {
  Aes256Cbc other(EncryptionKey("another key"));
  EXPECT_EQ(other.open(from_hex(kEncryptedPage1)), Refusal::wrong_key);
  Page plain(kHeaderBytes);
  std::ranges::copy(kPlainMagic, plain.begin());
  EXPECT_EQ(other.open(plain), Refusal::not_encrypted);
  EXPECT_EQ(other.open(Page(20, 1)), Refusal::wrong_key);
}

TEST(Aes256CbcTest, RestoresPagesOfEverySizeUnderEveryNumber) {
  Aes256Cbc cipher(EncryptionKey("k"));
  std::mt19937 dice(1);
  for (std::size_t size = kMinPageSize; size <= kMaxPageSize; size *= 2) {
    for (const std::uint32_t number : {2U, 3U, 66U, 130U, 2U, kMaxPageNumber}) {
      Page plain(size);
      for (unsigned char& byte : plain) byte = static_cast<unsigned char>(dice());
      Page page(size);
      cipher.encrypt(number, plain, page);
      EXPECT_NE(page, plain);
      ASSERT_TRUE(cipher.decrypt(number, page));
      EXPECT_EQ(page, plain) << number << " of " << size;
    }
  }
}

}  // namespace
}  // namespace libsql::encryption
