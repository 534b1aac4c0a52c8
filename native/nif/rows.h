// Rows of a result, built straight into terms.
#ifndef LIBSQL_NIF_ROWS_H_
#define LIBSQL_NIF_ROWS_H_

#include <cstddef>
#include <span>
#include <string_view>

#include <erl_nif.h>

#include "inline_buffer.h"
#include "libsql/value.h"
#include "terms.h"

namespace libsql::nif {

// Collects terms for a list.
class TermBuffer {
 public:
  void push(Term term) { terms_.add() = term; }
  void clear() noexcept { terms_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return terms_.size(); }
  [[nodiscard]] Term list(ErlNifEnv* env) const noexcept {
    const std::span<const Term> terms = terms_.span();
    return enif_make_list_from_array(env, terms.data(), static_cast<unsigned>(terms.size()));
  }

 private:
  InlineBuffer<Term, 32> terms_;
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
  // The binary that medium-sized values of this result share, and how much of it is used.
  Term chunk_ = 0;
  unsigned char* chunk_data_ = nullptr;
  std::size_t chunk_used_ = 0;
};

[[nodiscard]] Term column_names(ErlNifEnv* env, std::span<const std::string_view> names);

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_ROWS_H_
