// Dot commands on whole databases: opening, listing, copying.
#include <array>
#include <fstream>

#include "libsql/error.h"
#include "shell/command_error.h"
#include "shell/dot_command.h"
#include "shell/progress_bar.h"

namespace libsql::shell {
namespace {

// Removes a database file with its journal and WAL files.
void remove_database(const std::filesystem::path& file) {
  for (const char* const suffix : {"", "-journal", "-wal", "-shm"}) {
    std::filesystem::path part = file;
    part += suffix;
    std::error_code failure;
    std::filesystem::remove(part, failure);
    if (failure) throw CommandError("cannot remove " + part.string() + ": " + failure.message());
  }
}

Outcome open(Shell& shell, const Words& words) {
  Access access = Access::read_write;
  bool empty = false;
  std::string location;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--readonly" || word == "-readonly") {
      access = Access::read_only;
    } else if (word == "--new" || word == "-new") {
      empty = true;
    } else if (word.starts_with('-') || word.empty() || !location.empty()) {
      throw UsageError("unexpected \"" + word + "\"");
    } else {
      location = word;
    }
  }
  if (location.empty()) location = ":memory:";
  if (shell.connection().in_transaction()) {
    throw CommandError("a transaction is open: COMMIT or ROLLBACK it before .open");
  }
  if (empty && !file_of(location).empty()) remove_database(file_of(location));
  try {
    shell.database().open(location, access);
  } catch (const Error& error) {
    throw CommandError("cannot open " + without_query(location) + ": " + error.message());
  }
  return Outcome::proceed;
}

Outcome databases(Shell& shell, const Words& /*words*/) {
  Statement statement =
      shell.connection().cached("SELECT name, file FROM pragma_database_list ORDER BY seq");
  while (statement.step() == Step::row) {
    const std::string_view name = statement.column(0).bytes();
    const bool main = name == "main";
    std::string file(statement.column(1).bytes());  // at a server the server's file
    if (main && shell.database().missing()) {
      file = std::filesystem::absolute(file_of(shell.database().location())).string();
    }
    shell.out() << name << ": " << (file.empty() ? "\"\"" : file);
    if (main && shell.database().missing()) {
      shell.out() << " (does not exist yet)";
    } else if (main) {
      shell.out() << (shell.connection().read_only() ? " r/o" : " r/w");
    }
    shell.out() << '\n';
  }
  return Outcome::proceed;
}

// The file of `.backup` and `.restore`, whose first argument may name the database.
const std::string& copied_file(const Words& words) {
  if (words.size() == 3 && words[1] != "main") {
    throw CommandError("only the database main can be copied, got " + words[1] +
                       "; for another one: VACUUM " + words[1] + " INTO 'file'");
  }
  return words.back();
}

// Shows the progress of a copy, and stops it after Ctrl-C.
class CopyProgress {
 public:
  CopyProgress(Shell& shell, std::string_view label) : shell_(shell), bar_(label, kParts) {}
  bool operator()(int remaining, int total) {
    if (total > 0)
      bar_.update(kParts * static_cast<std::uint64_t>(total - remaining) /
                  static_cast<std::uint64_t>(total));
    return !shell_.interrupts().requested();
  }

 private:
  static constexpr std::uint64_t kParts = 1000;
  Shell& shell_;
  ProgressBar bar_;
};

Outcome backup(Shell& shell, const Words& words) {
  const std::string& file = copied_file(words);
  if (shell.database().missing()) {
    throw CommandError(shell.database().location() + " does not exist: nothing to back up");
  }
  CopyProgress progress(shell, "copying");
  shell.connection().backup_to(file, std::ref(progress));
  return Outcome::proceed;
}

Outcome restore(Shell& shell, const Words& words) {
  const std::string& file = copied_file(words);
  if (!std::ifstream(file)) throw CommandError("cannot read " + file);
  CopyProgress progress(shell, "restoring");
  shell.database().writable().restore_from(file, std::ref(progress));
  return Outcome::proceed;
}

constexpr auto kCommands = std::to_array<DotCommand>({
    {".backup", ".backup [main] FILE", "Copy the database to a file", "", 2, 3, Completes::nothing,
     backup},
    {".databases", ".databases", "Names and files of the open databases", "", 1, 1,
     Completes::nothing, databases},
    {".open", ".open [OPTIONS] [FILE]", "Close the database and open another one",
     "  Without FILE, a database in memory. A file that does not exist is created by the first\n"
     "  statement that writes.\n"
     "  --new        remove what is in FILE first\n"
     "  --readonly   open for reading only\n",
     1, 4, Completes::nothing, open},
    {".restore", ".restore [main] FILE", "Replace the database by the content of a file", "", 2, 3,
     Completes::nothing, restore},
});

}  // namespace

std::span<const DotCommand> database_commands() noexcept { return kCommands; }

}  // namespace libsql::shell
