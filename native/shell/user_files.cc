// Paths after the XDG Base Directory Specification, or in the home folder.
#include "shell/user_files.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace libsql::shell {
namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): never set
  return value == nullptr ? std::string() : std::string(value);
}

// `name` in the folder of a variable; empty if the variable is not set.
std::string in_folder(const char* variable, const std::string& name) {
  const std::string folder = environment(variable);
  return folder.empty() ? folder : folder + "/" + name;
}

}  // namespace

std::string history_path() {
  std::string path = in_folder("XDG_STATE_HOME", "libsql_history");
  return path.empty() ? in_folder("HOME", ".libsql_history") : path;
}

std::string init_path() {
  for (std::string path :
       {in_folder("XDG_CONFIG_HOME", "libsqlrc"), in_folder("HOME", ".libsqlrc")}) {
    std::error_code failure;
    if (!path.empty() && std::filesystem::exists(path, failure)) return path;
  }
  return {};
}

}  // namespace libsql::shell
