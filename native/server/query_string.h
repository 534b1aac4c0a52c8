// The query of a URL: names and values, form-encoded.
#ifndef LIBSQL_SERVER_QUERY_STRING_H_
#define LIBSQL_SERVER_QUERY_STRING_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql::server {

// In their order; `+` is a space, %41 is A, and a percent sign without two digits is itself.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_QUERY_STRING_H_
