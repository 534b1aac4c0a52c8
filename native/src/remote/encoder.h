// The encoder of requests for the calling thread: a codec keeps its buffers, and belongs to one
// thread at a time.
#ifndef LIBSQL_REMOTE_ENCODER_H_
#define LIBSQL_REMOTE_ENCODER_H_

#include "hrana/codec.h"

namespace libsql::remote {

[[nodiscard]] hrana::ClientCodec& encoder_of_thread(hrana::Encoding encoding);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_ENCODER_H_
