#include "encryption/refusal.h"

namespace libsql::encryption {

namespace {

struct Noted {
  int code = 0;
  Refusal refusal = Refusal::none;
  std::uint32_t page = 0;
};

Noted& noted() noexcept {
  thread_local Noted last;
  return last;
}

const char* text_of(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::none:
      return "";
    case Refusal::key_in_location:
      return "an encryption key in a file's URI has no effect: give it as an option of the "
             "connection or of the attached database";
    case Refusal::not_encrypted:
      return "the file is not encrypted, and was opened with an encryption key";
    case Refusal::encrypted:
      return "the file is encrypted or damaged, and was opened without an encryption key";
    case Refusal::wrong_key:
      return "the encryption key is not the file's";
    case Refusal::other_cipher:
      return "the file is encrypted with another cipher";
    case Refusal::unknown_version:
      return "the file's version of the format aes256gcm is not known";
    case Refusal::damaged_header:
      return "the encryption key is the file's, but its first page is damaged";
    case Refusal::interrupted_rekey:
      return "the rollback journal was written with another encryption key: open the file with the "
             "key that it had before its key was changed";
    case Refusal::damaged_journal:
      return "the rollback journal can be played back only in part: it is damaged, or libSQL wrote "
             "it for pages of 512 bytes, which it cannot restore; use a backup of the file";
    case Refusal::damaged_page:
      return "a page of the file is damaged or was changed";
    case Refusal::page_size:
      return "the page size of an encrypted database cannot change: use VACUUM INTO a new file";
    case Refusal::reserved_bytes:
      return "the database's pages have no room for the cipher aes256gcm: use VACUUM INTO a new "
             "file";
    case Refusal::temporary_file:
      return "a temporary file would not be encrypted";
    case Refusal::no_powersafe:
      return "an encrypted write-ahead log needs a file system with psow=1";
  }
  return "";
}

}  // namespace

int refuse(int code, Refusal refusal, std::uint32_t page) noexcept {
  noted() = {.code = code, .refusal = refusal, .page = page};
  return code;
}

std::string refusal_of(int code) {
  constexpr int kPrimary = 0xff;
  const Noted last = noted();
  if (last.refusal == Refusal::none || (last.code & kPrimary) != (code & kPrimary)) return {};
  noted() = {};
  std::string text = std::string(": ") + text_of(last.refusal);
  if (last.page != 0) text += " (page " + std::to_string(last.page) + ")";
  return text;
}

}  // namespace libsql::encryption
