// Reading Protobuf with protozero: fields by number and wire type, with our errors.
#ifndef LIBSQL_HRANA_PROTOBUF_READER_H_
#define LIBSQL_HRANA_PROTOBUF_READER_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "hrana/limits.h"
#include "hrana/malformed.h"
#include "hrana/receiver.h"
#include "libsql/value.h"

#include <protozero/pbf_reader.hpp>

namespace libsql::hrana::protobuf {

// The fields of one message, in the order of the bytes. A known field of another wire type is an
// error; skip() passes an unknown one.
class Fields {
 public:
  explicit Fields(std::string_view message) : reader_(message.data(), message.size()) {}

  [[nodiscard]] bool next() { return reader_.next(); }
  [[nodiscard]] std::uint32_t number() const { return reader_.tag(); }
  void skip() { reader_.skip(); }

  // Errors: wrong_type. `name` is the field's name, for the error.
  [[nodiscard]] std::string_view message(std::string_view name);
  [[nodiscard]] std::string_view bytes(std::string_view name) { return message(name); }
  [[nodiscard]] std::string_view text(std::string_view name);  // Errors also: bad_text.
  [[nodiscard]] std::int32_t int32(std::string_view name);
  [[nodiscard]] std::uint32_t uint32(std::string_view name);
  [[nodiscard]] std::uint64_t uint64(std::string_view name);
  [[nodiscard]] std::int64_t sint64(std::string_view name);
  [[nodiscard]] bool boolean(std::string_view name);
  [[nodiscard]] double real(std::string_view name);

 private:
  void require(protozero::pbf_wire_type type, std::string_view name) const;

  protozero::pbf_reader reader_;
};

[[nodiscard]] ValueView read_value(std::string_view message);
[[nodiscard]] ErrorView read_error(std::string_view message);

// Calls `read()`, with protozero's exceptions and too large messages as Malformed.
template <typename Read>
auto guarded(std::string_view message, const Limits& limits, const Read& read) {
  if (message.size() > limits.max_bytes) {
    throw Malformed(Fault::too_large, "", "the message is larger than allowed");
  }
  try {
    return read();
  } catch (const protozero::exception& error) {
    throw Malformed(Fault::not_protobuf, "", error.what());
  }
}

}  // namespace libsql::hrana::protobuf

#endif  // LIBSQL_HRANA_PROTOBUF_READER_H_
