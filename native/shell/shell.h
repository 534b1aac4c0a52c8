// Runs statements and dot commands on one connection and writes what they give.
#ifndef LIBSQL_SHELL_SHELL_H_
#define LIBSQL_SHELL_SHELL_H_

#include <fstream>
#include <istream>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "libsql/connection.h"
#include "shell/formatter.h"
#include "shell/interrupts.h"
#include "shell/script.h"

namespace libsql::shell {

// What `.mode`, `.headers` and `.timer` set.
struct Settings {
  Mode mode = Mode::list;
  // Empty: as the mode has it, i.e. on for table and markdown, off for list and csv.
  std::optional<bool> headers;
  bool timer = false;
};

// A dot command that could not be carried out; the text is for the user.
class CommandError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Outcome { proceed, failed, quit };

// Threads: thread-bound.
class Shell {
 public:
  // `connection` and `interrupts` must outlive the shell.
  Shell(Connection& connection, Interrupts& interrupts, Settings settings);

  // Runs a script to its end or its first error, which goes to stderr as "name:line:column: error:
  // text". `name` is how errors call it.
  Outcome run_script(std::istream& script, const std::string& name);
  // Runs one chunk that was typed at the prompt: an error is shown with the line it is in.
  Outcome run_typed(const Chunk& chunk);

  [[nodiscard]] Connection& connection() noexcept { return connection_; }
  [[nodiscard]] Interrupts& interrupts() noexcept { return interrupts_; }
  [[nodiscard]] Settings& settings() noexcept { return settings_; }
  // Where results go: stdout or the file of `.output`.
  [[nodiscard]] std::ostream& out() noexcept;
  // Sends results to a file, or back to stdout for an empty path. Errors: CommandError.
  void set_output(const std::string& path);
  // Runs a statement and writes its rows in the current mode.
  void execute(Statement& statement);

 private:
  // A mistake in a script and where it is.
  struct Failure {
    std::string message;
    std::size_t offset;  // in the chunk's text
  };
  std::optional<Failure> run(const Chunk& chunk, Outcome& outcome);
  std::optional<Failure> run_sql(std::string_view text);
  [[nodiscard]] bool show_headers() const noexcept;

  Connection& connection_;
  Interrupts& interrupts_;
  Settings settings_;
  std::ofstream file_;
  int depth_ = 0;  // of scripts that read scripts
};

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_SHELL_H_
