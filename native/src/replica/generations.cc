#include "replica/generations.h"

#include "core/big_endian.h"
#include "hrana/json_reader.h"
#include "replica/wal_format.h"

namespace libsql::replica {

namespace {

using hrana::Fault;
using hrana::Malformed;

using hrana::json::Reader;

template <typename Object>
std::uint32_t generation_in(Reader& reader, Object& object, std::string_view name) {
  const std::uint32_t generation = reader.uint32(name, Reader::need(object, name));
  if (generation == 0) throw Malformed(Fault::out_of_range, name, "is 0");
  return generation;
}

}  // namespace

std::uint32_t read_current_generation(std::string body) {
  Reader reader{hrana::Limits()};
  std::uint32_t generation = 0;
  reader.read(body, [&](auto& object) {
    generation = generation_in(reader, object, "current_generation");
  });
  return generation;
}

GenerationStatus read_generation_status(std::string body) {
  Reader reader{hrana::Limits()};
  GenerationStatus status;
  reader.read(body, [&](auto& object) {
    status.generation = generation_in(reader, object, "generation");
    constexpr std::string_view kFrames = "max_frame_no";
    if (const auto frames = Reader::find(object, kFrames)) {
      status.frames = reader.loose_uint64(kFrames, *frames);
    }
  });
  return status;
}

void GenerationFramesReader::feed(std::string_view body,
                                  const std::function<void(const GenerationFrame&)>& frame) {
  while (!body.empty() && chunks_.collect(body, kFrameBytes)) {
    const ConstBytes bytes(reinterpret_cast<const unsigned char*>(chunks_.bytes().data()),
                           kFrameBytes);
    frame({core::load_be32(bytes.data()), core::load_be32(bytes.data() + 4),
           bytes.subspan(kFrameHeaderBytes)});
    chunks_.clear();
  }
}

void GenerationFramesReader::finish() const {
  if (chunks_.empty()) return;
  throw Malformed(Fault::truncated, "", "the body ended inside a frame of 4120 bytes");
}

}  // namespace libsql::replica
