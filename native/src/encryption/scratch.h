// Memory for plaintext on its way to or from a file.
#ifndef LIBSQL_ENCRYPTION_SCRATCH_H_
#define LIBSQL_ENCRYPTION_SCRATCH_H_

#include <cstddef>
#include <vector>

#include "encryption/secret_memory.h"

namespace libsql::encryption {

// A buffer that grows to a page and a header, and is wiped at its end, because it holds plaintext.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { wipe(bytes_); }

  [[nodiscard]] Bytes of(std::size_t size) {
    if (bytes_.size() < size) {
      wipe(bytes_);
      bytes_.resize(size);
    }
    return Bytes(bytes_).first(size);
  }

 private:
  std::vector<unsigned char> bytes_;
};

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_SCRATCH_H_
