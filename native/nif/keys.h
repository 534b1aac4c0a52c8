// Encryption keys as terms: a reference to bytes that lie outside the VM's heaps, so that no crash
// dump, message or state of a process contains them.
#ifndef LIBSQL_NIF_KEYS_H_
#define LIBSQL_NIF_KEYS_H_

#include <utility>

#include <erl_nif.h>

#include "libsql/encryption.h"
#include "terms.h"

namespace libsql::nif {

struct State;

// The object behind a reference.
class KeyObject {
 public:
  explicit KeyObject(EncryptionKey key) noexcept : key_(std::move(key)) {}
  [[nodiscard]] const EncryptionKey& key() const noexcept { return key_; }

 private:
  EncryptionKey key_;
};

// {key, :aes256cbc | :aes256gcm, :hkdf | :scrypt}. Errors: Error of the kind invalid_argument.
[[nodiscard]] Encryption encryption_of(ErlNifEnv* env, const State& state, Term term);
// The same, or :same (the connection's key), or :none (a plain file).
[[nodiscard]] KeyChoice key_choice_of(ErlNifEnv* env, const State& state, Term term);

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_KEYS_H_
