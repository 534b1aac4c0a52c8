// The main file of an encrypted database.
#ifndef LIBSQL_ENCRYPTION_MAIN_FILE_H_
#define LIBSQL_ENCRYPTION_MAIN_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "encryption/page_cipher.h"
#include "encryption/scratch.h"
#include "vfs/read_ahead.h"
#include "vfs/shim_file.h"

namespace libsql::encryption {

class MainFile final : public vfs::ShimFile {
 public:
  MainFile(vfs::RealFile real, std::unique_ptr<PageCipher> cipher) noexcept
      : ShimFile(real), cipher_(std::move(cipher)) {}

  // Looks at the file's header before SQLite does anything with the file: a wrong key must not let
  // it play back a journal or a log. An empty file fits every key.
  [[nodiscard]] Refusal check_key();
  // Accepts a file whose first page the check refuses, because its journal restores that page.
  void trust_journal(std::size_t page_size) noexcept { page_size_ = page_size; }

  [[nodiscard]] int read(Bytes to, sqlite3_int64 at) override;
  [[nodiscard]] int write(ConstBytes from, sqlite3_int64 at) override;
  [[nodiscard]] int truncate(sqlite3_int64 size) override;
  [[nodiscard]] int control(int op, void* argument) override;
  [[nodiscard]] int characteristics() override;
  void lock_changes() noexcept override { ahead_.forget(); }

  // For the write-ahead log and the journal, which hold the same pages.
  [[nodiscard]] PageCipher& cipher() noexcept { return *cipher_; }
  // 0 while the file is empty.
  [[nodiscard]] std::size_t page_size() const noexcept { return page_size_; }
  // Decrypts a page in place; the code that SQLite gets if that fails. Nothing is written any more
  // after page 1 has failed.
  [[nodiscard]] int decrypt(std::uint32_t number, Bytes page);
  // Whether SQLite may write this page image: it must fit the file, and the format.
  [[nodiscard]] int check_page(std::uint32_t number, ConstBytes plain);

 private:
  [[nodiscard]] int read_pages(Bytes to, sqlite3_int64 at);
  [[nodiscard]] int read_prefix(Bytes to, sqlite3_int64 at);
  [[nodiscard]] int read_header(Bytes to);
  [[nodiscard]] int refuse(Refusal refusal, std::uint32_t number = 0) noexcept;
  [[nodiscard]] int learn_header();
  [[nodiscard]] bool is_page(std::size_t size, sqlite3_int64 at) const noexcept;
  [[nodiscard]] std::uint32_t number_at(sqlite3_int64 at) const noexcept;
  [[nodiscard]] int answer_pragma(char** arguments);

  std::unique_ptr<PageCipher> cipher_;
  Scratch scratch_;
  vfs::ReadAhead ahead_;
  std::size_t page_size_ = 0;
  bool broken_ = false;
};

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_MAIN_FILE_H_
