#include "hrana/protobuf_value.h"

#include "hrana/text.h"

namespace libsql::hrana::protobuf {

void add_value(protozero::pbf_writer& parent, std::uint32_t field, const ValueView& value) {
  protozero::pbf_writer writer(parent, field);
  const std::string_view bytes = value.bytes();
  switch (value.type()) {
    case ValueType::null:
      add_empty(writer, 1);
      break;
    case ValueType::integer:
      writer.add_sint64(2, value.integer());
      break;
    case ValueType::real:
      writer.add_double(3, value.real());
      break;
    case ValueType::text:
      writer.add_string(4, bytes.data(), bytes.size());
      break;
    case ValueType::blob:
      writer.add_bytes(5, bytes.data(), bytes.size());
      break;
  }
}

void add_empty(protozero::pbf_writer& parent, std::uint32_t field) {
  parent.add_message(field, "", 0);
}

std::string_view unsendable(const ValueView& value) noexcept {
  if (value.type() == ValueType::text && !is_utf8_fast(value.bytes())) {
    return "a text that is not UTF-8 cannot be sent; cast it to BLOB";
  }
  return "";
}

}  // namespace libsql::hrana::protobuf
