#include "remote/encoder.h"

#include <memory>

namespace libsql::remote {

hrana::ClientCodec& encoder_of_thread(hrana::Encoding encoding) {
  thread_local const auto kJson = hrana::make_client_codec(hrana::Encoding::json);
  thread_local const auto kProtobuf = hrana::make_client_codec(hrana::Encoding::protobuf);
  return encoding == hrana::Encoding::json ? *kJson : *kProtobuf;
}

}  // namespace libsql::remote
