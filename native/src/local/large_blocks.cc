#include "local/large_blocks.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <sqlite3.h>

namespace libsql::local {

namespace {

// Smaller ones take less than a millisecond.
constexpr int kLarge = 8 << 20;
// 50 to 100 us.
constexpr std::size_t kPortion = 1U << 20;

// Written once, before SQLite uses it. Source: sqlite.org/c3ref/mem_methods.html
sqlite3_mem_methods allocator{};

// The pages that lie in the block as a whole; their content is lost.
void give_back(std::byte* begin, std::size_t size) noexcept {
  static const auto kPage = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t before = (kPage - reinterpret_cast<std::uintptr_t>(begin) % kPage) % kPage;
  if (before >= size) return;
  begin += before;
  const std::size_t pages = (size - before) / kPage * kPage;
  for (std::size_t done = 0; done < pages; done += kPortion) {
    // Where it fails, the block keeps its pages until it is freed.
    static_cast<void>(madvise(begin + done, std::min(kPortion, pages - done), MADV_DONTNEED));
  }
}

void free_block(void* block) noexcept {
  const int size = allocator.xSize(block);
  if (size >= kLarge) give_back(static_cast<std::byte*>(block), static_cast<std::size_t>(size));
  allocator.xFree(block);
}

void* resize_block(void* block, int size) noexcept {
  const int before = allocator.xSize(block);
  if (before - size >= kLarge) {
    give_back(static_cast<std::byte*>(block) + size, static_cast<std::size_t>(before - size));
  }
  return allocator.xRealloc(block, size);
}

}  // namespace

bool install_large_blocks() noexcept {
  // Before SQLite is in use only: the methods must not change under a call.
  sqlite3_mem_methods present{};
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &present) != SQLITE_OK) return false;
  allocator = present;
  present.xFree = free_block;
  present.xRealloc = resize_block;
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &present) == SQLITE_OK;
}

}  // namespace libsql::local
