// Why a file was refused. SQLite takes a number from its VFS and nothing else; the reason waits
// here for the caller of SQLite, who runs on the same thread.
#ifndef LIBSQL_ENCRYPTION_REFUSAL_H_
#define LIBSQL_ENCRYPTION_REFUSAL_H_

#include <cstdint>
#include <string>

namespace libsql::encryption {

enum class Refusal : std::uint8_t {
  none,
  key_in_location,    // a URI with a key, which nothing would use
  not_encrypted,      // a key was given for a plain file
  encrypted,          // no key was given for what is not a plain file
  wrong_key,          // the key is not the file's, or the file is damaged where that shows
  other_cipher,       // the authenticated format, opened as libSQL's or the other way round
  unknown_version,    // the authenticated format in a version that this library does not know
  damaged_header,     // the key is the file's, its first page is not whole
  interrupted_rekey,  // a hot journal of another key
  damaged_journal,    // a hot journal of which only a part can be played back
  damaged_page,       // a page that the cipher refuses
  page_size,          // a page of another size than the file's
  reserved_bytes,     // a database whose pages have no room for the authenticated format
  temporary_file,     // a temporary file, which would be plain
  no_powersafe,       // a write-ahead log on a file system whose pages may be written in pieces
};

// Notes why a VFS call returns an SQLite code other than SQLITE_OK, and returns the code. `page`:
// its number, 0 if it concerns none.
int refuse(int code, Refusal refusal, std::uint32_t page = 0) noexcept;
// The reason why a call on this thread has failed with a code, as the end of a message: ": why".
// Empty if none was noted for that code. Forgets it.
[[nodiscard]] std::string refusal_of(int code);

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_REFUSAL_H_
