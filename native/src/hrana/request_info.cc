#include "hrana/request_info.h"

#include <algorithm>
#include <array>

namespace libsql::hrana {
namespace {

using enum RequestType;

constexpr std::array kRequests{
    RequestInfo{open_stream, "open_stream", 2, "", 0, true, 1},
    RequestInfo{close_stream, "close_stream", 3, "close", 1, true, 1},
    RequestInfo{execute, "execute", 4, "execute", 2, true, 1},
    RequestInfo{batch, "batch", 5, "batch", 3, true, 1},
    RequestInfo{open_cursor, "open_cursor", 6, "", 0, true, 3},
    RequestInfo{close_cursor, "close_cursor", 7, "", 0, false, 3},
    RequestInfo{fetch_cursor, "fetch_cursor", 8, "", 0, false, 3},
    RequestInfo{sequence, "sequence", 9, "sequence", 4, true, 2},
    RequestInfo{describe, "describe", 10, "describe", 5, true, 2},
    RequestInfo{store_sql, "store_sql", 11, "store_sql", 6, false, 2},
    RequestInfo{close_sql, "close_sql", 12, "close_sql", 7, false, 2},
    RequestInfo{get_autocommit, "get_autocommit", 13, "get_autocommit", 8, true, 3},
};
static_assert(kRequests.size() == std::variant_size_v<Request>);

const RequestInfo* find(auto&& matches) noexcept {
  const auto* const found = std::ranges::find_if(kRequests, matches);
  return found == kRequests.end() ? nullptr : found;
}

}  // namespace

RequestType type_of(const Request& request) noexcept {
  return static_cast<RequestType>(request.index());
}

const RequestInfo& info_of(RequestType type) noexcept {
  return kRequests[static_cast<std::size_t>(type)];
}

const RequestInfo* find_request(Transport transport, std::string_view name) noexcept {
  if (name.empty()) return nullptr;
  return find([&](const RequestInfo& info) { return info.name(transport) == name; });
}

const RequestInfo* find_request(Transport transport, std::uint32_t field) noexcept {
  if (field == 0) return nullptr;
  return find([&](const RequestInfo& info) { return info.field(transport) == field; });
}

}  // namespace libsql::hrana
