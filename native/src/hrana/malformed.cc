#include "hrana/malformed.h"

#include <cassert>

namespace libsql::hrana {

std::string_view to_string(Fault fault) noexcept {
  switch (fault) {
    case Fault::not_json:
      return "not_json";
    case Fault::not_protobuf:
      return "not_protobuf";
    case Fault::missing:
      return "missing";
    case Fault::wrong_type:
      return "wrong_type";
    case Fault::unknown_type:
      return "unknown_type";
    case Fault::out_of_range:
      return "out_of_range";
    case Fault::bad_base64:
      return "bad_base64";
    case Fault::bad_text:
      return "bad_text";
    case Fault::too_deep:
      return "too_deep";
    case Fault::too_large:
      return "too_large";
    case Fault::bad_reference:
      return "bad_reference";
    case Fault::mismatch:
      return "mismatch";
    case Fault::out_of_order:
      return "out_of_order";
    case Fault::truncated:
      return "truncated";
  }
  assert(false);
  return "";
}

Malformed::Malformed(Fault fault, std::string_view member, std::string_view problem)
    : fault_(fault), message_(member) {
  if (!member.empty()) message_ += ": ";
  message_ += problem;
}

}  // namespace libsql::hrana
