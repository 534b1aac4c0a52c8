#include "replica/wal_index.h"

#include <algorithm>
#include <cstring>

#include "local/sqlite.h"

namespace libsql::replica {

namespace {

using core::WalChecksum;

constexpr std::uint32_t kVersion = 3007000;
constexpr std::size_t kVersionAt = 0;
constexpr std::size_t kChangesAt = 8;
constexpr std::size_t kInitialisedAt = 12;
constexpr std::size_t kBigEndianAt = 13;
constexpr std::size_t kPageSizeAt = 14;
constexpr std::size_t kFramesAt = 16;
constexpr std::size_t kPagesAt = 20;
constexpr std::size_t kFrameSumsAt = 24;
constexpr std::size_t kSaltAt = 32;
constexpr std::size_t kSumsAt = 40;

// Region 0 begins with the header's two copies and what checkpoints use; then each region has the
// numbers of its frames' pages, and a hash table over them.
constexpr std::size_t kFirstPagesAt = 136;
constexpr std::size_t kHashAt = 16384;
constexpr std::uint32_t kSlots = 8192;
constexpr std::uint32_t kFramesInFirst = 4062;
constexpr std::uint32_t kFramesInOthers = 4096;
constexpr std::uint32_t kHashFactor = 383;

// Numbers in shared memory, as SQLite writes them: whole.
volatile std::uint32_t* numbers_at(volatile unsigned char* at) noexcept {
  return reinterpret_cast<volatile std::uint32_t*>(at);
}
std::uint32_t load(const volatile std::uint32_t* from) noexcept {
  return __atomic_load_n(from, __ATOMIC_RELAXED);
}
void store(volatile std::uint32_t* to, std::uint32_t number) noexcept {
  __atomic_store_n(to, number, __ATOMIC_RELAXED);
}
std::uint16_t load(const volatile std::uint16_t* from) noexcept {
  return __atomic_load_n(from, __ATOMIC_RELAXED);
}
void store(volatile std::uint16_t* to, std::uint16_t number) noexcept {
  __atomic_store_n(to, number, __ATOMIC_RELEASE);
}

// Numbers in a copy of the header, in the machine's own order.
template <typename Number>
Number get(const unsigned char* from) noexcept {
  Number number{};
  std::memcpy(&number, from, sizeof number);
  return number;
}
template <typename Number>
void put(unsigned char* to, Number number) noexcept {
  std::memcpy(to, &number, sizeof number);
}

WalChecksum sums_of(ConstBytes header) noexcept {
  WalChecksum sums;
  sums.add(header.first(kSumsAt), WalChecksum::kNative);
  return sums;
}

// The part of the index that one frame's entry is in.
struct Place {
  std::uint32_t region;
  std::uint32_t entry;  // counted from 1 within the region
  std::size_t pages_at;
};

Place place_of(std::uint32_t frame) noexcept {
  if (frame <= kFramesInFirst) return {0, frame, kFirstPagesAt};
  const std::uint32_t rest = frame - kFramesInFirst - 1;
  return {1 + rest / kFramesInOthers, 1 + rest % kFramesInOthers, 0};
}

}  // namespace

volatile unsigned char* WalIndex::region(std::uint32_t number) {
  if (number < regions_.size() && regions_[number] != nullptr) return regions_[number];
  void volatile* memory = nullptr;
  constexpr int kExtend = 1;
  const int rc = database_->pMethods->xShmMap(database_, static_cast<int>(number), kRegionBytes,
                                              kExtend, &memory);
  if (rc != SQLITE_OK || memory == nullptr) {
    throw local::error_for_code(rc == SQLITE_OK ? SQLITE_IOERR_SHMMAP : rc);
  }
  regions_.resize(std::max<std::size_t>(regions_.size(), number + std::size_t{1}));
  regions_[number] = static_cast<volatile unsigned char*>(memory);
  return regions_[number];
}

WalIndex::HeaderBytes WalIndex::copy_of_header(std::size_t at) {
  volatile std::uint32_t* const from = numbers_at(region(0) + at);
  HeaderBytes bytes{};
  for (std::size_t i = 0; i < kHeaderBytes / 4; ++i) put(bytes.data() + 4 * i, load(from + i));
  return bytes;
}

bool WalIndex::is_known() { return get<std::uint32_t>(copy_of_header(0).data()) == kVersion; }

std::optional<IndexHeader> WalIndex::read() {
  const HeaderBytes bytes = copy_of_header(0);
  database_->pMethods->xShmBarrier(database_);
  const HeaderBytes second = copy_of_header(kHeaderBytes);
  const unsigned char* const at = bytes.data();
  const WalChecksum sums{get<std::uint32_t>(at + kSumsAt), get<std::uint32_t>(at + kSumsAt + 4)};
  if (bytes != second || get<std::uint32_t>(at + kVersionAt) != kVersion ||
      bytes[kInitialisedAt] == 0 || sums_of(bytes) != sums) {
    return std::nullopt;
  }
  IndexHeader header;
  header.changes = get<std::uint32_t>(at + kChangesAt);
  header.frames = get<std::uint32_t>(at + kFramesAt);
  header.pages = get<std::uint32_t>(at + kPagesAt);
  header.chain.order =
      bytes[kBigEndianAt] != 0 ? WalChecksum::Order::big_endian : WalChecksum::Order::little_endian;
  header.chain.sums = {get<std::uint32_t>(at + kFrameSumsAt),
                       get<std::uint32_t>(at + kFrameSumsAt + 4)};
  std::copy_n(bytes.begin() + kSaltAt, header.chain.salt.size(), header.chain.salt.begin());
  // A log without frames takes its page size from the first one.
  const bool fits = get<std::uint16_t>(at + kPageSizeAt) == kPageSize;
  return fits || header.frames == 0 ? std::optional(header) : std::nullopt;
}

void WalIndex::add(std::uint32_t frame, PageNumber page) {
  const Place place = place_of(frame);
  volatile unsigned char* const memory = region(place.region);
  volatile std::uint32_t* const pages = numbers_at(memory + place.pages_at);
  auto* const slots = reinterpret_cast<volatile std::uint16_t*>(memory + kHashAt);
  const auto room = static_cast<std::uint32_t>((kHashAt - place.pages_at) / 4);
  const bool first = place.entry == 1;
  if (first || load(pages + place.entry - 1) != 0) {
    // The first of its region, or an abandoned transaction was here.
    for (std::uint32_t i = 0; i < kSlots; ++i) {
      if (first || load(slots + i) >= place.entry) store(slots + i, std::uint16_t{0});
    }
    for (std::uint32_t i = place.entry - 1; i < room; ++i) store(pages + i, std::uint32_t{0});
  }
  std::uint32_t slot = page * kHashFactor % kSlots;
  while (load(slots + slot) != 0) slot = (slot + 1) % kSlots;
  store(pages + place.entry - 1, page);
  store(slots + slot, static_cast<std::uint16_t>(place.entry));
}

// The second copy first: a reader compares the two, from the first on.
void WalIndex::write_header(const HeaderBytes& bytes) {
  for (const std::size_t at : {kHeaderBytes, std::size_t{0}}) {
    volatile std::uint32_t* const to = numbers_at(region(0) + at);
    for (std::size_t i = 0; i < kHeaderBytes / 4; ++i) {
      store(to + i, get<std::uint32_t>(bytes.data() + 4 * i));
    }
    database_->pMethods->xShmBarrier(database_);
  }
}

void WalIndex::publish(const IndexHeader& header) {
  HeaderBytes bytes{};
  unsigned char* const at = bytes.data();
  put(at + kVersionAt, kVersion);
  put(at + kChangesAt, header.changes);
  bytes[kInitialisedAt] = 1;
  bytes[kBigEndianAt] = header.chain.order == WalChecksum::Order::big_endian ? 1 : 0;
  put(at + kPageSizeAt, static_cast<std::uint16_t>(kPageSize));
  put(at + kFramesAt, header.frames);
  put(at + kPagesAt, header.pages);
  put(at + kFrameSumsAt, header.chain.sums.first);
  put(at + kFrameSumsAt + 4, header.chain.sums.second);
  std::ranges::copy(header.chain.salt, bytes.begin() + kSaltAt);
  const WalChecksum sums = sums_of(bytes);
  put(at + kSumsAt, sums.first);
  put(at + kSumsAt + 4, sums.second);
  write_header(bytes);
}

void WalIndex::invalidate() { write_header(HeaderBytes{}); }

}  // namespace libsql::replica
