// What a journal that was left behind reveals about the key, before SQLite plays it back.
//
// With another key every record looks torn, which SQLite takes for the end of the journal: it would
// delete the journal and keep a half-written database.
#ifndef LIBSQL_ENCRYPTION_HOT_JOURNAL_H_
#define LIBSQL_ENCRYPTION_HOT_JOURNAL_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "encryption/page_cipher.h"
#include "vfs/real_file.h"

namespace libsql::encryption {

enum class JournalKey : std::uint8_t {
  unknown,  // no header, no counted record, or nothing that can be read
  same,     // the first record was written with the key of `cipher`
  other,
  // A later segment is counted and cannot be read: SQLite would play back the part before it.
  // libSQL writes such journals for pages of 512 bytes, whose headers it encrypts like pages.
  same_in_part,
};

// Whose key wrote the first record of each counted segment of a journal.
[[nodiscard]] JournalKey key_of_journal(const vfs::RealFile& journal, PageCipher& cipher);

// The page size of a journal that holds page 1 as the key of `cipher` has written it; empty if
// there is none. A key change that another program has not finished leaves a page 1 of the new key
// in the file, and one of the old key here.
[[nodiscard]] std::optional<std::size_t> restores_first_page(const vfs::RealFile& journal,
                                                             PageCipher& cipher);

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_HOT_JOURNAL_H_
