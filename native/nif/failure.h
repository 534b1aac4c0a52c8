// The errors of this layer, and the map in which every error reaches Elixir.
#ifndef LIBSQL_NIF_FAILURE_H_
#define LIBSQL_NIF_FAILURE_H_

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <erl_nif.h>

#include "atoms.h"
#include "libsql/error.h"

namespace libsql::nif {

// What an id, or a reference, names.
enum class IdKind : std::uint8_t { connection, transaction, statement, cursor, subscription };

// An id of nothing that is open here: the library was not called.
class Failure : public std::exception {
 public:
  enum class Kind : std::uint8_t {
    not_found,  // nothing that is open has this id
    foreign,    // the id is that of another connection's transaction, statement or cursor
  };

  [[nodiscard]] static Failure not_found(IdKind id);
  [[nodiscard]] static Failure foreign(IdKind id);

  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] IdKind id() const noexcept { return id_; }
  [[nodiscard]] std::string_view message() const noexcept { return message_; }

 private:
  Failure(Kind kind, IdKind id, std::string message)
      : kind_(kind), id_(id), message_(std::move(message)) {}

  Kind kind_;
  IdKind id_;
  std::string message_;
};

// Errors: Error of the kind invalid_argument.
[[noreturn]] void throw_invalid(std::string message);

// The map of an error (see EctoLibSql.Nif.error/0); `index` adds the place of a batch member.
[[nodiscard]] Term error_map(ErlNifEnv* env, const Atoms& atoms, const Error& error,
                             std::optional<std::int64_t> index = {});
[[nodiscard]] Term error_map(ErlNifEnv* env, const Atoms& atoms, const Failure& failure,
                             std::optional<std::int64_t> index = {});

// The recovery for the names of a kind and an extended code, as an error map has them; empty for
// unknown names.
[[nodiscard]] Recovery recovery_of_names(std::string_view kind,
                                         std::string_view extended_code) noexcept;
// The list of the members of `recovery` that are true.
[[nodiscard]] Term recovery_list(ErlNifEnv* env, const Atoms& atoms, const Recovery& recovery);

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_FAILURE_H_
