// Headers, pages and journals of encrypted files: whatever the bytes are, they are refused or read
// within their bounds, and a page that the authenticated format accepts is one that it has written.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/wal_checksum.h"
#include "encryption/aes256cbc.h"
#include "encryption/aes256gcm.h"
#include "encryption/file_header.h"
#include "encryption/journal_file.h"
#include "fuzz/check.h"

namespace libsql::fuzz {
namespace {

using encryption::ConstBytes;
using encryption::Refusal;

constexpr std::size_t kPageSize = 512;

EncryptionKey key() { return EncryptionKey("a key of 32 bytes, used in fuzzing"); }

void check_header(ConstBytes bytes) {
  const encryption::FileKind kind = encryption::kind_of_file(bytes);
  const auto header = encryption::parse_gcm_header(bytes);
  check(!header || kind == encryption::FileKind::aes256gcm, "only one format has such a header");
  if (encryption::has_clear_header(bytes)) {
    check(encryption::is_page_size(encryption::page_size_of(bytes)), "a header has a page size");
  }
  encryption::JournalHeader journal{};
  if (encryption::parse_journal_header(bytes, &journal)) {
    check(encryption::is_page_size(journal.page_size), "a journal has a page size");
  }
  core::WalChecksum sums;
  sums.add(bytes.first(bytes.size() / 8 * 8), core::WalChecksum::Order::little_endian);
}

void check_ciphers(ConstBytes bytes) {
  std::vector<unsigned char> page(kPageSize);
  std::ranges::copy(bytes.first(std::min(bytes.size(), kPageSize)), page.begin());
  static encryption::Aes256Cbc cbc(key());
  static_cast<void>(cbc.open(page));
  for (const std::uint32_t number : {1U, 2U}) {
    std::vector<unsigned char> plain = page;
    if (!cbc.decrypt(number, plain)) continue;
    std::vector<unsigned char> again(kPageSize);
    cbc.encrypt(number, plain, again);
    check(again == page, "what is decrypted is encrypted to the same bytes");
  }
  const auto header = encryption::parse_gcm_header(page);
  // A passphrase takes a tenth of a second.
  if (header && header->derivation == KeyDerivation::scrypt) return;
  encryption::Aes256Gcm gcm(key(), KeyDerivation::hkdf);
  const bool fits = gcm.open(page) == Refusal::none;
  const bool zeros = encryption::all_zero(page);
  for (const std::uint32_t number : {1U, 2U}) {
    std::vector<unsigned char> plain = page;
    const bool accepted = gcm.decrypt(number, plain);
    check(!accepted || (zeros && number != 1), "nobody has written an authenticated page here");
  }
  check(!fits || header.has_value(), "a file that fits has a header");
}

}  // namespace
}  // namespace libsql::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const libsql::encryption::ConstBytes bytes(data, size);
  libsql::fuzz::check_header(bytes);
  libsql::fuzz::check_ciphers(bytes);
  return 0;
}
