// Hrana's requests in Protobuf, in both directions.
#ifndef LIBSQL_HRANA_PROTOBUF_REQUESTS_H_
#define LIBSQL_HRANA_PROTOBUF_REQUESTS_H_

#include <string>
#include <string_view>

#include "hrana/limits.h"
#include "hrana/messages.h"

namespace libsql::hrana::protobuf {

// Append one message. Errors: invalid_argument (codec.h).
void append(const PipelineRequest& request, std::string& out);
void append(const CursorRequest& request, std::string& out);
void append(const ClientMessage& message, std::string& out);

// Errors: Malformed, protozero::exception.
[[nodiscard]] PipelineRequest read_pipeline(std::string_view message, const Limits& limits);
[[nodiscard]] CursorRequest read_cursor(std::string_view message, const Limits& limits);
[[nodiscard]] ClientMessage read_client_message(std::string_view message, const Limits& limits);

}  // namespace libsql::hrana::protobuf

#endif  // LIBSQL_HRANA_PROTOBUF_REQUESTS_H_
