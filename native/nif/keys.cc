#include "keys.h"

#include "operations.h"
#include "state.h"

namespace libsql::nif {

Term new_key(Call& call) {
  const std::string_view bytes = call.binary(0, "key");
  return call.state()->keys.make(EncryptionKey(bytes)).term(call.env());
}

Encryption encryption_of(ErlNifEnv* env, const State& state, Term term) {
  constexpr int kParts = 3;
  const auto parts = tuple_of(env, term, kParts, "encryption");
  const KeyObject* const key = state.keys.get(env, parts[0]);
  if (key == nullptr) throw_invalid("expected an encryption key");
  const AtomValue<Cipher> ciphers[] = {{make_atom(env, "aes256cbc"), Cipher::aes256cbc},
                                       {make_atom(env, "aes256gcm"), Cipher::aes256gcm}};
  const AtomValue<KeyDerivation> derivations[] = {
      {make_atom(env, "hkdf"), KeyDerivation::hkdf},
      {make_atom(env, "scrypt"), KeyDerivation::scrypt}};
  return {.key = key->key(),
          .cipher = choice_of(parts[1], ciphers, ":aes256cbc, :aes256gcm"),
          .derivation = choice_of(parts[2], derivations, ":hkdf, :scrypt")};
}

KeyChoice key_choice_of(ErlNifEnv* env, const State& state, Term term) {
  if (term == make_atom(env, "same")) return SameKey{};
  if (term == make_atom(env, "none")) return NoKey{};
  return encryption_of(env, state, term);
}

}  // namespace libsql::nif
