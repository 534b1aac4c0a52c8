#include "rows.h"

#include <cmath>
#include <cstring>

namespace libsql::nif {

namespace {

// The VM keeps binaries of up to 64 bytes on the process heap.
constexpr std::size_t kHeapBinary = 64;
// Each larger binary costs an allocation and a counter. In a result of many rows, values of up to
// 1 KB are therefore parts of one binary of 16 KB; whoever keeps one of them keeps those 16 KB.
constexpr std::size_t kSharedValue = 1024;
constexpr std::size_t kChunk = std::size_t{16} * 1024;
constexpr std::size_t kRowsWithOwnBinaries = 16;

}  // namespace

void RowEncoder::add(std::span<const ValueView> row) {
  cells_.clear();
  for (const ValueView& view : row) cells_.push(value(view));
  rows_.push(cells_.list(env_));
}

Term RowEncoder::value(const ValueView& view) {
  switch (view.type()) {
    case ValueType::null:
      return atoms_.nil;
    case ValueType::integer:
      return enif_make_int64(env_, view.integer());
    case ValueType::real:
      return real(view.real());
    case ValueType::text:
    case ValueType::blob:
      return binary(view.bytes());
  }
  return atoms_.nil;
}

// Erlang floats have no infinities and no NaN: enif_make_double() would raise.
Term RowEncoder::real(double value) const noexcept {
  if (std::isfinite(value)) return enif_make_double(env_, value);
  if (std::isnan(value)) return atoms_.nil;
  return value > 0 ? atoms_.infinity : atoms_.neg_infinity;
}

Term RowEncoder::binary(std::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes.size() <= kHeapBinary || bytes.size() > kSharedValue ||
      rows_.size() < kRowsWithOwnBinaries) {
    return make_binary(env_, bytes);
  }
  return shared_binary(bytes);
}

// The chunk's memory belongs to its term, which each sub-binary keeps alive. The bytes behind the
// existing sub-binaries are part of no term yet, so they may be written later.
Term RowEncoder::shared_binary(std::string_view bytes) {
  if (chunk_data_ == nullptr || kChunk - chunk_used_ < bytes.size()) {
    chunk_data_ = enif_make_new_binary(env_, kChunk, &chunk_);
    chunk_used_ = 0;
  }
  std::memcpy(chunk_data_ + chunk_used_, bytes.data(), bytes.size());
  const Term part = enif_make_sub_binary(env_, chunk_, chunk_used_, bytes.size());
  chunk_used_ += bytes.size();
  return part;
}

Term column_names(ErlNifEnv* env, std::span<const std::string_view> names) {
  TermBuffer terms;
  for (const std::string_view name : names) terms.push(make_binary(env, name));
  return terms.list(env);
}

}  // namespace libsql::nif
