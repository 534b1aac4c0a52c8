// Rows of a result, built straight into terms.
#ifndef LIBSQL_NIF_ROWS_H_
#define LIBSQL_NIF_ROWS_H_

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include <erl_nif.h>

#include "libsql/statement.h"
#include "libsql/value.h"
#include "terms.h"

namespace libsql::nif {

// A growing array of terms whose first elements need no allocation.
class TermBuffer {
 public:
  void push(Term term) {
    if (size_ < kInline) {
      inline_[size_] = term;
    } else {
      if (size_ == kInline) overflow_.assign(inline_.begin(), inline_.end());
      overflow_.push_back(term);
    }
    ++size_;
  }
  void clear() noexcept {
    size_ = 0;
    overflow_.clear();
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] Term list(ErlNifEnv* env) const noexcept {
    const Term* first = size_ <= kInline ? inline_.data() : overflow_.data();
    return enif_make_list_from_array(env, first, static_cast<unsigned>(size_));
  }

 private:
  static constexpr std::size_t kInline = 32;
  std::array<Term, kInline> inline_;
  std::vector<Term> overflow_;
  std::size_t size_ = 0;
};

// Collects the rows of one execution.
class RowEncoder {
 public:
  RowEncoder(ErlNifEnv* env, const Atoms& atoms) noexcept : env_(env), atoms_(atoms) {}

  void add(std::span<const ValueView> row);
  [[nodiscard]] std::size_t count() const noexcept { return rows_.size(); }
  // Bytes of texts and blobs so far.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] Term list() const noexcept { return rows_.list(env_); }

 private:
  [[nodiscard]] Term value(const ValueView& view);
  [[nodiscard]] Term real(double value) const noexcept;
  [[nodiscard]] Term binary(std::string_view bytes);
  [[nodiscard]] Term shared_binary(std::string_view bytes);

  ErlNifEnv* env_;
  const Atoms& atoms_;
  TermBuffer rows_;
  TermBuffer cells_;
  std::size_t bytes_ = 0;
  // The binary that medium-sized values of this result share, and how much of it is taken.
  Term chunk_ = 0;
  unsigned char* chunk_data_ = nullptr;
  std::size_t chunk_used_ = 0;
};

[[nodiscard]] Term column_names(ErlNifEnv* env, const Statement& statement);

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_ROWS_H_
