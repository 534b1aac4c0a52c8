#include "remote/pipeline.h"

#include "remote/encoder.h"
#include "remote/version_2.h"

namespace libsql::remote {

namespace {

std::string encoded(hrana::Encoding encoding, const hrana::PipelineRequest& request) {
  std::string body;
  encoder_of_thread(encoding).encode(request, body);
  return body;
}

OlderBodies older_bodies(hrana::Encoding encoding, std::span<const hrana::Request> requests,
                         PipelineShape& shape) {
  OlderBodies older{encoded(encoding, {std::nullopt, for_version_2(requests)}), {}};
  try {
    StreamlessRequests streamless = for_streamless(requests);
    older.without_streams = encoded(encoding, {std::nullopt, std::move(streamless.requests)});
    shape.set_runs(std::move(streamless.runs));
  } catch (const Error& error) {
    older.without_streams = error;
  }
  return older;
}

}  // namespace

PipelineShape::PipelineShape(std::span<const hrana::Request> requests) {
  types_.reserve(requests.size());
  for (const hrana::Request& request : requests) {
    std::visit([&]<typename T>(const T& /*request*/) { types_.emplace_back(T{}); }, request);
  }
}

hrana::StreamHead PipelineShape::read(Dialect dialect, hrana::ClientCodec& decoder,
                                      std::string& body, hrana::Receiver& to) const {
  if (dialect == Dialect::without_streams) {
    const std::vector<hrana::Request> batches(runs_.size(), hrana::RunBatch{});
    StreamlessAnswer answer(runs_, to);
    return decoder.decode_pipeline(body, batches, answer);
  }
  if (dialect == Dialect::version_2) {
    return decoder.decode_pipeline(body, for_version_2(types_), to);
  }
  return decoder.decode_pipeline(body, types_, to);
}

EncodedPipeline encode_pipeline(hrana::Encoding encoding, Dialect dialect,
                                std::span<const hrana::Request> requests, bool closes,
                                hrana::OptionalText baton) {
  hrana::PipelineRequest request{baton, {requests.begin(), requests.end()}};
  if (closes) request.requests.emplace_back(hrana::CloseStream{});
  EncodedPipeline result{{}, {}, PipelineShape(request.requests)};
  if (dialect == Dialect::unknown && encoding == hrana::Encoding::json && !baton) {
    result.older = older_bodies(encoding, request.requests, result.shape);
  } else if (dialect == Dialect::version_2) {
    request.requests = for_version_2(request.requests);
  } else if (dialect == Dialect::without_streams) {
    StreamlessRequests streamless = for_streamless(request.requests);
    request.requests = std::move(streamless.requests);
    result.shape.set_runs(std::move(streamless.runs));
  }
  result.body = encoded(encoding, request);
  return result;
}

}  // namespace libsql::remote
