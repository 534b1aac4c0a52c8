#include "replica/generations.h"

#include "core/big_endian.h"
#include "hrana/json_reader.h"
#include "replica/wal_format.h"

namespace libsql::replica {

namespace {

using hrana::Fault;
using hrana::Malformed;

std::uint32_t generation_in(std::string& body, std::string_view name) {
  hrana::json::Reader reader{hrana::Limits()};
  std::uint32_t generation = 0;
  reader.read(body, [&](auto& object) {
    generation = reader.uint32(name, hrana::json::Reader::need(object, name));
  });
  if (generation == 0) throw Malformed(Fault::out_of_range, name, "is 0");
  return generation;
}

}  // namespace

std::uint32_t read_current_generation(std::string body) {
  return generation_in(body, "current_generation");
}
std::uint32_t read_status_generation(std::string body) { return generation_in(body, "generation"); }

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
