// Hrana's requests in JSON, in both directions.
#ifndef LIBSQL_HRANA_JSON_REQUESTS_H_
#define LIBSQL_HRANA_JSON_REQUESTS_H_

#include <string>

#include "hrana/json_reader.h"
#include "hrana/messages.h"
#include "hrana/request_info.h"

namespace libsql::hrana::json {

// Append one message. Errors: invalid_argument (codec.h).
void append(const PipelineRequest& request, std::string& out);
void append(const CursorRequest& request, std::string& out);
void append(const ClientMessage& message, std::string& out);

// Read the object that a message is. Errors: Malformed.
[[nodiscard]] PipelineRequest read_pipeline(Reader& reader, ondemand::object& object);
[[nodiscard]] CursorRequest read_cursor(Reader& reader, ondemand::object& object);
[[nodiscard]] ClientMessage read_client_message(Reader& reader, ondemand::object& object);

}  // namespace libsql::hrana::json

#endif  // LIBSQL_HRANA_JSON_REQUESTS_H_
