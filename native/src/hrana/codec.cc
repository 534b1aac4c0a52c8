#include "hrana/codec.h"

#include "hrana/json_codec.h"
#include "hrana/protobuf_codec.h"

namespace libsql::hrana {

std::unique_ptr<ClientCodec> make_client_codec(Encoding encoding, const Limits& limits) {
  if (encoding == Encoding::json) return std::make_unique<JsonClientCodec>(limits);
  return std::make_unique<ProtobufClientCodec>(limits);
}

std::unique_ptr<ServerCodec> make_server_codec(Encoding encoding, const Limits& limits) {
  if (encoding == Encoding::json) return std::make_unique<JsonServerCodec>(limits);
  return std::make_unique<ProtobufServerCodec>(limits);
}

}  // namespace libsql::hrana
