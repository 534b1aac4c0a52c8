// A pipeline over HTTP: its body in the words of every dialect that the server may speak, and its
// answer.
#ifndef LIBSQL_REMOTE_PIPELINE_H_
#define LIBSQL_REMOTE_PIPELINE_H_

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hrana/codec.h"
#include "libsql/error.h"
#include "remote/dialect.h"
#include "remote/streamless.h"

namespace libsql::remote {

// What is sent to a server that has no version 3.
struct OlderBodies {
  std::string version_2;
  std::variant<std::string, Error> without_streams;  // Or why it cannot be asked that.
};

// What has to be known of a pipeline to read its answer.
class PipelineShape {
 public:
  PipelineShape() = default;
  explicit PipelineShape(std::span<const hrana::Request> requests);

  void set_runs(std::vector<StreamlessRun> runs) { runs_ = std::move(runs); }
  // The events of the original requests, whatever the dialect; without autocommit() if it is not of
  // version 3. Errors: hrana::Malformed.
  [[nodiscard]] hrana::StreamHead read(Dialect dialect, hrana::ClientCodec& decoder,
                                       std::string& body, hrana::Receiver& to) const;

 private:
  std::vector<hrana::Request> types_;  // The requests without their content.
  std::vector<StreamlessRun> runs_;
};

struct EncodedPipeline {
  std::string body;  // In the dialect, or for version 3 if that is not known.
  std::optional<OlderBodies> older;
  PipelineShape shape;
};

// `closes`: the stream ends with it. A pipeline with a baton has no older bodies: its server is
// known. Errors: invalid_argument for a value that cannot be encoded; unsupported for what a server
// without streams cannot do, if it is known to be one.
[[nodiscard]] EncodedPipeline encode_pipeline(hrana::Encoding encoding, Dialect dialect,
                                              std::span<const hrana::Request> requests, bool closes,
                                              hrana::OptionalText baton);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_PIPELINE_H_
