#include "local/location.h"

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file_error.h"
#include "libsql/error.h"

namespace libsql::local {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int lower = std::tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// As sqlite3ParseUri() does it: a percent sign without two digits stays.
std::string decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                         hex_digit(text[i + 2]) >= 0;
    if (escaped) {
      decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// The parts of "file:name?parameters#fragment", still encoded.
struct Uri {
  std::string_view name;
  std::vector<std::string_view> parameters;
};

Uri split(std::string_view location) {
  constexpr std::string_view kScheme = "file:";
  std::string_view rest = location.substr(kScheme.size());
  rest = rest.substr(0, rest.find('#'));
  const std::size_t question = rest.find('?');
  Uri uri{rest.substr(0, question), {}};
  if (question == std::string_view::npos) return uri;
  rest.remove_prefix(question + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    uri.parameters.push_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return uri;
}

std::pair<std::string, std::string> decoded(std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  if (equals == std::string_view::npos) return {decode(parameter), {}};
  return {decode(parameter.substr(0, equals)), decode(parameter.substr(equals + 1))};
}

// The last of several parameters of one name counts.
std::string value_of(const Uri& uri, std::string_view name) {
  std::string value;
  for (const std::string_view parameter : uri.parameters) {
    auto [key, its_value] = decoded(parameter);
    if (key == name) value = std::move(its_value);
  }
  return value;
}

// The URI in which `replaced` take the place of the parameters `cache` and `mode`.
std::string rebuilt(const Uri& uri, std::string_view name, std::string_view replaced) {
  std::string location = std::string("file:").append(name).append("?").append(replaced);
  for (const std::string_view parameter : uri.parameters) {
    const std::string key = decoded(parameter).first;
    if (key != "cache" && key != "mode" && key != "vfs") location.append("&").append(parameter);
  }
  return location;
}

}  // namespace

std::string uri_parameter(const std::string& location, std::string_view name) {
  return location.starts_with("file:") ? value_of(split(location), name) : std::string();
}

std::string without_shared_cache(const std::string& location) {
  if (!location.starts_with("file:")) return location;
  const Uri uri = split(location);
  if (value_of(uri, "cache") != "shared") return location;
  const std::string name = decode(uri.name);
  if (value_of(uri, "vfs") == "memdb") return rebuilt(uri, uri.name, "vfs=memdb");
  if (value_of(uri, "mode") == "memory" || name == ":memory:") {
    // The memdb VFS shares the databases whose names begin with a slash.
    return rebuilt(uri, "/shared-cache/" + std::string(uri.name), "vfs=memdb");
  }
  throw core::with_file_name(
      Error(ErrorKind::invalid_argument,
            "cache=shared is not supported for files, because its connections block each other's "
            "threads; leave it out: all connections see the same file"),
      location);
}

}  // namespace libsql::local
