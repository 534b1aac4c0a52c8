// Collects a number of bytes from a body that arrives in pieces of any size.
#ifndef LIBSQL_REPLICA_CHUNKS_H_
#define LIBSQL_REPLICA_CHUNKS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hrana/malformed.h"

namespace libsql::replica {

class Chunks {
 public:
  // Moves bytes from the front of `body` until `size` are there. True if they are: see bytes().
  [[nodiscard]] bool collect(std::string_view& body, std::size_t size) {
    const std::size_t part = std::min(size - std::min(size, bytes_.size()), body.size());
    bytes_.append(body.substr(0, part));
    body.remove_prefix(part);
    return bytes_.size() >= size;
  }
  // Moves a Protobuf varint from the front of `body`. Nothing while it is not complete.
  // Errors: Malformed if it is longer than 64 bits.
  [[nodiscard]] std::optional<std::uint64_t> collect_varint(std::string_view& body) {
    constexpr std::size_t kLongest = 10;
    while (!body.empty()) {
      const auto byte = static_cast<unsigned char>(body.front());
      bytes_ += body.front();
      body.remove_prefix(1);
      if (bytes_.size() > kLongest || (bytes_.size() == kLongest && byte > 1)) {
        throw hrana::Malformed(hrana::Fault::not_protobuf, "", "a number has more than 64 bits");
      }
      if ((byte & 0x80U) == 0) return take_varint();
    }
    return std::nullopt;
  }

  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  void clear() noexcept { bytes_.clear(); }

 private:
  std::uint64_t take_varint() {
    std::uint64_t number = 0;
    unsigned shift = 0;
    for (const char c : bytes_) {
      number |= std::uint64_t{static_cast<unsigned char>(c) & 0x7fU} << shift;
      shift += 7;
    }
    bytes_.clear();
    return number;
  }

  std::string bytes_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_CHUNKS_H_
