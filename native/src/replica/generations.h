// The answers of GET /info and GET /sync/{generation}/{start}/{end}, "V2".
#ifndef LIBSQL_REPLICA_GENERATIONS_H_
#define LIBSQL_REPLICA_GENERATIONS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "replica/chunks.h"
#include "replica/page.h"

namespace libsql::replica {

// Errors of all that follows: hrana::Malformed.

// A frame of the primary's own write-ahead log. The view holds for the call.
struct GenerationFrame {
  PageNumber page = 0;
  std::uint32_t size_after = 0;  // not 0: ends a transaction
  ConstBytes image;
};

// `current_generation` of /info. Changes `body`.
[[nodiscard]] std::uint32_t read_current_generation(std::string body);
// The answer that has no frames. Changes `body`.
struct GenerationStatus {
  std::uint32_t generation = 0;
  std::optional<std::uint64_t> frames;  // how many the generation has
};
[[nodiscard]] GenerationStatus read_generation_status(std::string body);

// Reads the frames of a body while it arrives.
// Threads: thread-compatible.
class GenerationFramesReader {
 public:
  void feed(std::string_view body, const std::function<void(const GenerationFrame&)>& frame);
  // The body has ended. Errors also: truncated.
  void finish() const;

 private:
  Chunks chunks_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_GENERATIONS_H_
