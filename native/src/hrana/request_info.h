// The table of requests: their names and numbers in each encoding and transport.
#ifndef LIBSQL_HRANA_REQUEST_INFO_H_
#define LIBSQL_HRANA_REQUEST_INFO_H_

#include <cstdint>
#include <string_view>

#include "hrana/messages.h"

namespace libsql::hrana {

enum class Transport : std::uint8_t { http, socket };

struct RequestInfo {
  RequestType type;
  std::string_view socket_name;
  std::uint32_t socket_field;  // In the oneof of hrana.ws.RequestMsg and ResponseOkMsg.
  std::string_view http_name;  // Empty: HTTP does not have it.
  std::uint32_t http_field;    // In the oneof of hrana.http.StreamRequest and StreamResponse.
  bool on_stream;              // Over a WebSocket it carries a stream_id.
  int since;                   // The first version that has it.

  [[nodiscard]] std::string_view name(Transport transport) const noexcept {
    return transport == Transport::http ? http_name : socket_name;
  }
  [[nodiscard]] std::uint32_t field(Transport transport) const noexcept {
    return transport == Transport::http ? http_field : socket_field;
  }
};

[[nodiscard]] const RequestInfo& info_of(RequestType type) noexcept;

// Null if the transport has no such request.
[[nodiscard]] const RequestInfo* find_request(Transport transport, std::string_view name) noexcept;
[[nodiscard]] const RequestInfo* find_request(Transport transport, std::uint32_t field) noexcept;

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_REQUEST_INFO_H_
