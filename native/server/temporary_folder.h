// A folder for a database that lives as long as the server.
#ifndef LIBSQL_SERVER_TEMPORARY_FOLDER_H_
#define LIBSQL_SERVER_TEMPORARY_FOLDER_H_

#include <cstdlib>
#include <filesystem>
#include <string>

#include "libsql/error.h"

namespace libsql::server {

class TemporaryFolder {
 public:
  // Errors: Error cannot_open.
  TemporaryFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "libsql-dev-server-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw Error(ErrorKind::cannot_open, "cannot make a temporary folder as " + pattern);
    }
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  // Removes it with all that is in it.
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_TEMPORARY_FOLDER_H_
