// Cuts input lines into what the shell runs: SQL statements and dot commands.
#ifndef LIBSQL_SHELL_SCRIPT_H_
#define LIBSQL_SHELL_SCRIPT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::shell {

// One or more complete statements, or a dot command, and the line on which it begins.
struct Chunk {
  enum class Kind { sql, command };
  Kind kind;
  std::string text;
  std::size_t line;
};

// Collects lines until a statement is complete. A line that begins with a dot is a command when no
// statement has been started.
class ScriptReader {
 public:
  // Adds a line without its line feed; returns the chunk that it completes.
  [[nodiscard]] std::optional<Chunk> add(std::string_view line);
  // At the end of the input: returns the rest, even if no semicolon ends it.
  [[nodiscard]] std::optional<Chunk> finish();
  // Discards a statement that was begun.
  void discard();
  // A statement has been begun.
  [[nodiscard]] bool pending() const noexcept { return !text_.empty(); }

 private:
  [[nodiscard]] Chunk take();

  std::string text_;
  std::size_t next_line_ = 1;
  std::size_t first_line_ = 1;
};

// The offset of the first token of `sql` after white space, comments and stray semicolons;
// sql.size() if there is none.
[[nodiscard]] std::size_t skip_blank(std::string_view sql) noexcept;

// Line (counted from `first_line`) and column (in characters, from 1) of a byte of a text.
struct Position {
  std::size_t line;
  std::size_t column;
};
[[nodiscard]] Position locate(std::string_view text, std::size_t offset, std::size_t first_line);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_SCRIPT_H_
