#include "encryption/refused_pragma.h"

#include <algorithm>
#include <array>

#include <sqlite3.h>

namespace libsql::encryption {

namespace {

// Those of SQLCipher, SQLite3MultipleCiphers and SQLite's own extension.
constexpr std::array<const char*, 7> kKeyPragmas = {"key",     "rekey",     "hexkey", "hexrekey",
                                                    "textkey", "textrekey", "cipher"};

bool is(std::string_view name, const char* other) {
  return sqlite3_stricmp(std::string(name).c_str(), other) == 0;
}

}  // namespace

std::string refused_pragma(const Pragma& pragma, const PragmaTarget& target) {
  const auto is_it = [&pragma](const char* name) { return is(pragma.name, name); };
  if (std::ranges::any_of(kKeyPragmas, is_it)) {
    return "an encryption key is an option of the connection, not a pragma";
  }
  if (!pragma.sets) return {};
  const std::string value(pragma.value);
  if (is_it("temp_store") && !is(value, "memory") && value != "2") {
    return "temp_store of an encrypted database is MEMORY: temporary files would not be encrypted";
  }
  if (is_it("page_size") && !target.empty && value != std::to_string(target.page_size)) {
    return "the page size of an encrypted database cannot change: use VACUUM INTO a new file";
  }
  return {};
}

}  // namespace libsql::encryption
