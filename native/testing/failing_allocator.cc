// Source: sqlite.org/c3ref/mem_methods.html
#include "testing/failing_allocator.h"

#include <atomic>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include <sqlite3.h>

namespace libsql::testing {
namespace {

using Memory = FailingAllocator::Memory;
using Fault = FailingAllocator::Fault;

struct State {
  int countdown = -1;  // allocations until the failure; -1: none comes
  bool reached = false;
  Memory memory = Memory::sqlite;
  Fault fault = Fault::once;
};

State& state() noexcept {
  static thread_local State the_state;
  return the_state;
}

std::atomic<std::int64_t> pieces{0};

bool fails(Memory memory) noexcept {
  State& now = state();
  if (now.countdown < 0 || now.memory != memory) return false;
  if (now.countdown > 0) {
    --now.countdown;
    return false;
  }
  now.reached = true;
  if (now.fault == Fault::once) now.countdown = -1;
  return true;
}

sqlite3_mem_methods& real() {
  static sqlite3_mem_methods the_real;
  return the_real;
}

void* sqlite_allocate(int size) {
  void* const piece = fails(Memory::sqlite) ? nullptr : real().xMalloc(size);
  if (piece != nullptr) ++pieces;
  return piece;
}

void sqlite_free(void* piece) {
  if (piece != nullptr) --pieces;
  real().xFree(piece);
}

void* sqlite_reallocate(void* piece, int size) {
  return fails(Memory::sqlite) ? nullptr : real().xRealloc(piece, size);
}

void must_succeed(int rc) {
  if (rc != SQLITE_OK) throw std::runtime_error("SQLite's allocator cannot be replaced");
}

}  // namespace

void FailingAllocator::install() {
  must_succeed(sqlite3_shutdown());
  must_succeed(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real()));
  sqlite3_mem_methods ours = real();
  ours.xMalloc = sqlite_allocate;
  ours.xFree = sqlite_free;
  ours.xRealloc = sqlite_reallocate;
  // Each connection's own pool would hide allocations.
  must_succeed(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0));
  must_succeed(sqlite3_config(SQLITE_CONFIG_MALLOC, &ours));
  must_succeed(sqlite3_initialize());
}

void FailingAllocator::fail_at(int n, Memory memory, Fault fault) {
  state() = {n, false, memory, fault};
}

void FailingAllocator::never() { state().countdown = -1; }
bool FailingAllocator::reached() { return state().reached; }
std::int64_t FailingAllocator::in_use() { return pieces.load(); }

}  // namespace libsql::testing

// NOLINTBEGIN(cppcoreguidelines-owning-memory,cppcoreguidelines-no-malloc): this is the allocator.
// The forms for arrays and for nothrow end here, too.
void* operator new(std::size_t size) {
  using libsql::testing::Memory;
  void* const piece = libsql::testing::fails(Memory::cpp) ? nullptr : std::malloc(size);
  if (piece == nullptr) throw std::bad_alloc();
  ++libsql::testing::pieces;
  return piece;
}

void operator delete(void* piece) noexcept {
  if (piece != nullptr) --libsql::testing::pieces;
  std::free(piece);
}

void operator delete(void* piece, std::size_t /*size*/) noexcept { operator delete(piece); }
// NOLINTEND(cppcoreguidelines-owning-memory,cppcoreguidelines-no-malloc)
