// Keys for tests, and files as bytes.
#ifndef LIBSQL_TESTING_ENCRYPTION_H_
#define LIBSQL_TESTING_ENCRYPTION_H_

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "libsql/encryption.h"
#include "libsql/options.h"

namespace libsql::testing {

inline Encryption encryption(Cipher cipher = Cipher::aes256cbc,
                             const std::string& key = "a key of 32 bytes, used in tests") {
  return {.key = EncryptionKey(key), .cipher = cipher};
}

inline Options with_key(Cipher cipher = Cipher::aes256cbc, Options options = {}) {
  options.encryption = encryption(cipher);
  return options;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The files of a folder except shared memory, whose content is none of the database's.
inline std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with("-shm")) files[name] = read_file(entry.path().string());
  }
  return files;
}

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_ENCRYPTION_H_
