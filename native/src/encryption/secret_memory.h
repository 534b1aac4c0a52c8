// Memory for keys: locked where the system allows it, left out of core files, wiped at its end.
#ifndef LIBSQL_ENCRYPTION_SECRET_MEMORY_H_
#define LIBSQL_ENCRYPTION_SECRET_MEMORY_H_

#include <cstddef>
#include <span>
#include <string_view>

namespace libsql::encryption {

// Whole pages of its own, because locking works on pages and two secrets on one page would unlock
// each other. Zeros at first. Errors: out of memory as std::bad_alloc.
//
// Threads: thread-compatible.
class SecretMemory {
 public:
  explicit SecretMemory(std::size_t size);
  SecretMemory(const SecretMemory&) = delete;
  SecretMemory& operator=(const SecretMemory&) = delete;
  ~SecretMemory();

  [[nodiscard]] std::span<unsigned char> bytes() noexcept { return {memory_, size_}; }
  [[nodiscard]] std::span<const unsigned char> bytes() const noexcept { return {memory_, size_}; }
  // Whether the system has locked it, so that it never reaches the swap space.
  [[nodiscard]] bool locked() const noexcept { return locked_; }

 private:
  unsigned char* memory_;
  std::size_t size_;
  std::size_t mapped_;
  bool locked_;
};

// Overwrites what a secret has passed through.
void wipe(std::span<unsigned char> bytes) noexcept;

// Wipes a buffer at the end of a scope, however it ends.
class WipeAtEnd {
 public:
  explicit WipeAtEnd(std::span<unsigned char> bytes) noexcept : bytes_(bytes) {}
  WipeAtEnd(const WipeAtEnd&) = delete;
  WipeAtEnd& operator=(const WipeAtEnd&) = delete;
  ~WipeAtEnd() { wipe(bytes_); }

 private:
  std::span<unsigned char> bytes_;
};

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_SECRET_MEMORY_H_
