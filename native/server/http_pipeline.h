// POST /v2/pipeline, /v3/pipeline and /v3-protobuf/pipeline: requests on one stream, whose answers
// are one body.
#ifndef LIBSQL_SERVER_HTTP_PIPELINE_H_
#define LIBSQL_SERVER_HTTP_PIPELINE_H_

#include "hrana/codec.h"
#include "server/http_reply.h"
#include "server/services.h"

namespace libsql::server {

// Threads: on the I/O thread; returns at once.
void serve_pipeline(Services& services, hrana::Encoding encoding, HttpRequest request,
                    HttpReply reply);

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_HTTP_PIPELINE_H_
