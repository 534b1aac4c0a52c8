// The error of every decoder: bytes that are not what the protocol says.
#ifndef LIBSQL_HRANA_MALFORMED_H_
#define LIBSQL_HRANA_MALFORMED_H_

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace libsql::hrana {

enum class Fault : std::uint8_t {
  not_json,       // The bytes are not JSON (RFC 8259), or not UTF-8.
  not_protobuf,   // The bytes are not a Protobuf message.
  missing,        // A member that has to be there is absent.
  wrong_type,     // A member has another type than the protocol says.
  unknown_type,   // The word after `type` is unknown, or a oneof is empty.
  out_of_range,   // A number does not fit its type.
  bad_base64,     // A blob is not base64 of the standard alphabet.
  bad_text,       // A text is not UTF-8, or an escape in it is none.
  too_deep,       // Conditions are nested deeper than Limits::max_depth.
  too_large,      // More bytes or elements than Limits allow.
  bad_reference,  // A condition names its own step or a later one.
  mismatch,       // The answers do not fit the requests, in number or type.
  out_of_order,   // A cursor entry where it cannot be, e.g. a row outside a step.
  truncated,      // The body ended inside an entry or a step.
};

// The fault's name as written above.
[[nodiscard]] std::string_view to_string(Fault fault) noexcept;

// Thrown by decoders. The message names the member and never quotes the bytes.
class Malformed : public std::exception {
 public:
  Malformed(Fault fault, std::string_view member, std::string_view problem);

  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] Fault fault() const noexcept { return fault_; }

 private:
  Fault fault_;
  std::string message_;
};

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_MALFORMED_H_
