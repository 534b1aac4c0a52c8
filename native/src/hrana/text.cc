#include "hrana/text.h"

#include <algorithm>
#include <cstddef>

#include "libsql/error.h"
#include "simdjson.h"

namespace libsql::hrana {

bool is_utf8_fast(std::string_view text) noexcept {
  return simdjson::validate_utf8(text.data(), text.size());
}

void require_utf8(std::string_view text, std::string_view what) {
  if (is_utf8_fast(text)) return;
  throw Error(ErrorKind::invalid_argument,
              std::string(what) + " is not UTF-8, which the protocol requires of texts");
}

std::string readable(std::string_view text) {
  if (is_utf8_fast(text)) return std::string(text);
  std::string result;
  while (!text.empty()) {
    // The shortest valid prefix is one character; no character takes more than four bytes.
    std::size_t length = 1;
    const std::size_t longest = std::min<std::size_t>(4, text.size());
    while (length <= longest && !is_utf8_fast(text.substr(0, length))) ++length;
    if (length <= longest) {
      result += text.substr(0, length);
      text.remove_prefix(length);
    } else {
      result += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    }
  }
  return result;
}

}  // namespace libsql::hrana
