#include "hrana/protobuf_reader.h"

#include "hrana/text.h"

namespace libsql::hrana::protobuf {

using protozero::pbf_wire_type;

void Fields::require(pbf_wire_type type, std::string_view name) const {
  if (reader_.wire_type() == type) return;
  throw Malformed(Fault::wrong_type, name, "has another wire type");
}

std::string_view Fields::message(std::string_view name) {
  require(pbf_wire_type::length_delimited, name);
  const protozero::data_view view = reader_.get_view();
  return {view.data(), view.size()};
}

std::string_view Fields::text(std::string_view name) {
  const std::string_view text = message(name);
  if (!is_utf8_fast(text)) throw Malformed(Fault::bad_text, name, "is not UTF-8");
  return text;
}

std::int32_t Fields::int32(std::string_view name) {
  require(pbf_wire_type::varint, name);
  return reader_.get_int32();
}

std::uint32_t Fields::uint32(std::string_view name) {
  require(pbf_wire_type::varint, name);
  return reader_.get_uint32();
}

std::uint64_t Fields::uint64(std::string_view name) {
  require(pbf_wire_type::varint, name);
  return reader_.get_uint64();
}

std::int64_t Fields::sint64(std::string_view name) {
  require(pbf_wire_type::varint, name);
  return reader_.get_sint64();
}

bool Fields::boolean(std::string_view name) { return uint64(name) != 0; }

double Fields::real(std::string_view name) {
  require(pbf_wire_type::fixed64, name);
  return reader_.get_double();
}

ValueView read_value(std::string_view message) {
  std::optional<ValueView> value;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        static_cast<void>(fields.message("null"));
        value = ValueView();
        break;
      case 2:
        value = ValueView(fields.sint64("integer"));
        break;
      case 3:
        value = ValueView(fields.real("float"));
        break;
      case 4:
        value = ValueView(fields.text("text"));
        break;
      case 5:
        value = ValueView::blob(fields.bytes("blob"));
        break;
      default:
        fields.skip();
    }
  }
  if (!value) throw Malformed(Fault::unknown_type, "value", "is of no known type");
  return *value;
}

ErrorView read_error(std::string_view message) {
  ErrorView error;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        error.message = fields.text("message");
        break;
      case 2:
        error.code = fields.text("code");
        break;
      default:
        fields.skip();
    }
  }
  return error;
}

}  // namespace libsql::hrana::protobuf
