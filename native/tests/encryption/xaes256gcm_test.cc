// The test vectors of c2sp.org/XAES-256-GCM.
#include "encryption/xaes256gcm.h"

#include <gmock/gmock.h>

#include "testing/hex.h"

namespace libsql::encryption {
namespace {

using testing::to_hex;

constexpr std::string_view kNonce = "ABCDEFGHIJKLMNOPQRSTUVWX";
constexpr std::string_view kText = "XAES-256-GCM";

ConstBytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

XaesNonce nonce() {
  XaesNonce made{};
  std::ranges::copy(kNonce, made.begin());
  return made;
}

std::string sealed(unsigned char key_byte, std::string_view associated) {
  Xaes256Gcm cipher;
  cipher.set_key(std::vector<unsigned char>(32, key_byte));
  std::vector<unsigned char> out(kText.size());
  std::array<unsigned char, kGcmTag> tag{};
  const Xaes256Gcm::Piece piece{bytes_of(kText), out.data()};
  cipher.seal(nonce(), bytes_of(associated), {&piece, 1}, tag);
  return to_hex(out) + to_hex(tag);
}

TEST(Xaes256GcmTest, SealsAsTheSpecification) {
  EXPECT_EQ(sealed(1, ""), "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
  EXPECT_EQ(sealed(3, "c2sp.org/XAES-256-GCM"),
            "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
}

TEST(Xaes256GcmTest, OpensWhatItHasSealedAndNothingElse) {
  Xaes256Gcm cipher;
  cipher.set_key(std::vector<unsigned char>(32, 9));
  std::vector<unsigned char> text(100, 'a');
  std::array<unsigned char, kGcmTag> tag{};
  // Two pieces, in place.
  const std::array<Xaes256Gcm::Piece, 2> pieces = {
      {{ConstBytes(text).first(48), text.data()},
       {ConstBytes(text).subspan(48), text.data() + 48}}};
  cipher.seal(nonce(), bytes_of("page 1"), pieces, tag);
  const std::vector<unsigned char> encrypted = text;
  ASSERT_TRUE(cipher.open(nonce(), bytes_of("page 1"), pieces, tag));
  EXPECT_THAT(text, ::testing::Each('a'));
  text = encrypted;
  EXPECT_FALSE(cipher.open(nonce(), bytes_of("page 2"), pieces, tag));
  text = encrypted;
  tag[0] ^= 1U;
  EXPECT_FALSE(cipher.open(nonce(), bytes_of("page 1"), pieces, tag));
}

}  // namespace
}  // namespace libsql::encryption
