// Where keys lie in the memory of the process: while a database is open only in pages that core
// files leave out, and nowhere after it is closed.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "encryption/aes256cbc.h"
#include "encryption/secret_memory.h"
#include "testing/database_test.h"
#include "testing/query.h"

namespace libsql {
namespace {

using KeyBytes = std::array<unsigned char, 32>;

// What is looked for, kept in another form, so that the search does not find itself.
class Masked {
 public:
  explicit Masked(const KeyBytes& bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) masked_[i] = mask(bytes[i]);
  }
  [[nodiscard]] bool at(const unsigned char* memory) const {
    // Half of a key is too much as well.
    for (std::size_t i = 0; i < masked_.size() / 2; ++i) {
      if (mask(memory[i]) != masked_[i]) return false;
    }
    return true;
  }

 private:
  static unsigned char mask(unsigned char byte) {
    return static_cast<unsigned char>(byte ^ unsigned{0x5A});
  }
  KeyBytes masked_{};
};

struct Found {
  int in_core_files = 0;
  int left_out = 0;
};

// Reads the memory of this process as a debugger would, region by region.
class Memory {
 public:
  [[nodiscard]] Found search(const Masked& key) {
    Found found;
    std::ifstream maps("/proc/self/smaps");
    std::string line;
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    bool readable = false;
    while (std::getline(maps, line)) {
      std::istringstream words(line);
      std::string first;
      words >> first;
      if (const std::size_t dash = first.find('-'); dash != std::string::npos) {
        from = std::stoull(first.substr(0, dash), nullptr, 16);
        to = std::stoull(first.substr(dash + 1), nullptr, 16);
        std::string access;
        words >> access;
        readable = access.starts_with("r");
      } else if (first == "VmFlags:" && readable) {
        (line.find(" dd") != std::string::npos ? found.left_out : found.in_core_files) +=
            count(key, from, to);
      }
    }
    return found;
  }

 private:
  static constexpr std::size_t kOverlap = 31;

  int count(const Masked& key, std::uintptr_t from, std::uintptr_t to) {
    int found = 0;
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    for (std::uintptr_t at = from; at < to; at += buffer_.size() - kOverlap) {
      const std::size_t size = std::min<std::size_t>(buffer_.size(), to - at);
      const ssize_t read = ::pread(memory, buffer_.data(), size, static_cast<off_t>(at));
      for (ssize_t i = 0; i + 16 <= read; ++i) {
        const std::uintptr_t address = at + static_cast<std::uintptr_t>(i);
        const auto own = reinterpret_cast<std::uintptr_t>(buffer_.data());
        const bool in_buffer = address >= own && address < own + buffer_.size();
        if (!in_buffer && key.at(buffer_.data() + i)) ++found;
      }
      encryption::wipe(buffer_);
    }
    ::close(memory);
    return found;
  }

  std::array<unsigned char, 65536> buffer_{};
};

class MemoryOfKeysTest : public testing::FileTest, public ::testing::WithParamInterface<Cipher> {
 protected:
  static KeyBytes random_key() {
    KeyBytes key{};
    encryption::fill_random(key);
    return key;
  }
  static EncryptionKey key_of(const KeyBytes& bytes) {
    return EncryptionKey({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
};

TEST_P(MemoryOfKeysTest, OpenDatabasesKeepThemOutOfCoreFilesAndClosedOnesNowhere) {
  if (!std::filesystem::exists("/proc/self/smaps")) GTEST_SKIP() << "reads Linux's /proc";
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's runtime maps terabytes, and keeps what was freed";
#endif
  static Memory memory;
  KeyBytes bytes = random_key();
  const Masked key(bytes);
  KeyBytes derived{};
  encryption::derive_master_key({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                derived);
  const Masked master(derived);
  encryption::wipe(derived);
  EXPECT_EQ(memory.search(key).in_core_files, 1) << "the test's own bytes must be found";
  {
    Options options;
    options.encryption = Encryption{key_of(bytes), GetParam()};
    encryption::wipe(bytes);
    Connection db = Database(path(), options).connect();
    db.execute("CREATE TABLE t(a, b)");
    for (int i = 0; i < 200; ++i) db.execute("INSERT INTO t VALUES (?, zeroblob(900))", i);
    EXPECT_EQ(testing::query(db, "SELECT count(*), sum(a) FROM t"), "200|19900");
    db.checkpoint(CheckpointMode::truncate);
    const Found open = memory.search(key);
    EXPECT_EQ(open.in_core_files, 0);
    EXPECT_GE(open.left_out, 1);
    EXPECT_EQ(memory.search(master).in_core_files, 0);
    EXPECT_EQ(memory.search(master).left_out > 0, GetParam() == Cipher::aes256cbc);
  }
  for (const Masked& secret : {key, master}) {
    const Found closed = memory.search(secret);
    EXPECT_EQ(closed.in_core_files, 0);
    EXPECT_EQ(closed.left_out, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Ciphers, MemoryOfKeysTest,
                         ::testing::Values(Cipher::aes256cbc, Cipher::aes256gcm));

}  // namespace
}  // namespace libsql
