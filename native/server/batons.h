// Batons: what names a stream in the next HTTP request. As in sqld, the stream's number and the
// request's, signed with a key of this process, in base64: nobody else can make one.
#ifndef LIBSQL_SERVER_BATONS_H_
#define LIBSQL_SERVER_BATONS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::server {

struct Baton {
  std::uint64_t stream = 0;
  std::uint64_t request = 0;  // How many the stream has had.
};

// Threads: thread-safe.
class Batons {
 public:
  // Draws the key. Errors: Error io if the system has no randomness.
  Batons();

  [[nodiscard]] std::string write(const Baton& baton) const;
  // Nothing unless write() made it.
  [[nodiscard]] std::optional<Baton> read(std::string_view text) const;

 private:
  static constexpr std::size_t kSignatureBytes = 32;
  using Signature = std::array<unsigned char, kSignatureBytes>;
  [[nodiscard]] Signature sign(std::string_view payload) const;

  std::array<unsigned char, 32> key_{};
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_BATONS_H_
