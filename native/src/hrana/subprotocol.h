// The versions and encodings of a WebSocket, as its header Sec-WebSocket-Protocol names them.
#ifndef LIBSQL_HRANA_SUBPROTOCOL_H_
#define LIBSQL_HRANA_SUBPROTOCOL_H_

#include <optional>
#include <string_view>

#include "hrana/codec.h"

namespace libsql::hrana {

struct Subprotocol {
  std::string_view name;
  int version;
  Encoding encoding;

  [[nodiscard]] bool operator==(const Subprotocol&) const = default;
};

// Without the header, a WebSocket speaks this.
inline constexpr Subprotocol kDefaultSubprotocol{"hrana1", 1, Encoding::json};

// The one of that name, without regard to case; a client looks up the server's choice.
[[nodiscard]] std::optional<Subprotocol> find_subprotocol(std::string_view name) noexcept;

// What a server chooses from a list separated by commas: the newest, and Protobuf before JSON, as
// sqld does whatever the list's order. A client that wants JSON does not offer Protobuf.
[[nodiscard]] std::optional<Subprotocol> choose_subprotocol(std::string_view offered) noexcept;

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_SUBPROTOCOL_H_
