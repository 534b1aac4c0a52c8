// A folder of its own for a test.
#ifndef LIBSQL_TESTING_TEMPORARY_DIRECTORY_H_
#define LIBSQL_TESTING_TEMPORARY_DIRECTORY_H_

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace libsql::testing {

// Created empty; removed with all it contains.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "libsql_test_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string path(const std::string& name = "test.db") const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_TEMPORARY_DIRECTORY_H_
