#include "encryption/secret_memory.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

namespace libsql::encryption {

SecretMemory::SecretMemory(std::size_t size) : size_(size) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  mapped_ = (size + page - 1) / page * page;
  void* const memory =
      mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<unsigned char*>(memory);
  // Both are refinements that a system may refuse, for example beyond RLIMIT_MEMLOCK.
  locked_ = mlock(memory, mapped_) == 0;
#ifdef MADV_DONTDUMP
  static_cast<void>(madvise(memory, mapped_, MADV_DONTDUMP));
#endif
}

SecretMemory::~SecretMemory() {
  wipe(bytes());
  munmap(memory_, mapped_);  // Unlocks it too.
}

void wipe(std::span<unsigned char> bytes) noexcept { OPENSSL_cleanse(bytes.data(), bytes.size()); }

}  // namespace libsql::encryption
