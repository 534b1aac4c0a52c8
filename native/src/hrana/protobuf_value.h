// Values in Protobuf: writing.
#ifndef LIBSQL_HRANA_PROTOBUF_VALUE_H_
#define LIBSQL_HRANA_PROTOBUF_VALUE_H_

#include <cstdint>
#include <string_view>

#include "libsql/value.h"

#include <protozero/pbf_writer.hpp>

namespace libsql::hrana::protobuf {

// Adds a Value. A zero or an empty text is written too: its presence is its type.
void add_value(protozero::pbf_writer& parent, std::uint32_t field, const ValueView& value);

// Adds a message without fields. A nested pbf_writer to which nothing is added writes nothing at
// all, and in a oneof the presence of an empty message is its meaning.
void add_empty(protozero::pbf_writer& parent, std::uint32_t field);

// Why Protobuf cannot carry the value, or an empty text.
[[nodiscard]] std::string_view unsendable(const ValueView& value) noexcept;

}  // namespace libsql::hrana::protobuf

#endif  // LIBSQL_HRANA_PROTOBUF_VALUE_H_
