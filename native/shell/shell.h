// Runs statements and dot commands on the current database and writes their results.
#ifndef LIBSQL_SHELL_SHELL_H_
#define LIBSQL_SHELL_SHELL_H_

#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "libsql/connection.h"
#include "shell/current_database.h"
#include "shell/interrupts.h"
#include "shell/output.h"
#include "shell/output_style.h"
#include "shell/parameters.h"
#include "shell/script.h"

namespace libsql::shell {

// What dot commands switch on and off.
struct Settings {
  OutputStyle style;
  bool bail = true;  // Scripts end at the first error.
  bool changes = false;
  bool echo = false;
  bool timer = false;
};

enum class Outcome { proceed, failed, quit };

// Threads: thread-bound.
class Shell {
 public:
  // `database` and `interrupts` must outlive the shell.
  Shell(CurrentDatabase& database, Interrupts& interrupts, Settings settings);

  // Runs a script to its end, or to its first error unless `.bail off`. Errors go to stderr as
  // "name:line:column: error: text". Returns `failed` if there was one.
  Outcome run_script(std::istream& script, const std::string& name);
  // Runs one chunk that was typed at the prompt: an error is shown with the line it is in.
  Outcome run_typed(const Chunk& chunk);

  // Something in a script has failed.
  [[nodiscard]] bool script_failed() const noexcept { return script_failed_; }
  [[nodiscard]] CurrentDatabase& database() noexcept { return database_; }
  [[nodiscard]] Connection& connection() noexcept { return database_.connection(); }
  [[nodiscard]] Interrupts& interrupts() noexcept { return interrupts_; }
  [[nodiscard]] Settings& settings() noexcept { return settings_; }
  [[nodiscard]] Parameters& parameters() noexcept { return parameters_; }
  [[nodiscard]] Output& output() noexcept { return output_; }
  [[nodiscard]] std::ostream& out() noexcept { return output_.stream(); }

 private:
  // A mistake in a script and where it is.
  struct Failure {
    std::string message;
    std::size_t offset;  // in the chunk's text
  };
  std::optional<Failure> run(const Chunk& chunk, Outcome& outcome);
  // The failure that `work` returns or throws.
  template <typename Work>
  static std::optional<Failure> caught(const Work& work);
  std::optional<Failure> run_chunk(const Chunk& chunk, Outcome& outcome);
  std::optional<Failure> run_sql(std::string_view text);
  std::optional<Statement> compile(std::string_view sql, std::string_view* tail);
  void execute(Statement& statement);
  void write_rows(Statement& statement);

  CurrentDatabase& database_;
  Interrupts& interrupts_;
  Settings settings_;
  Parameters parameters_;
  Output output_;
  bool script_failed_ = false;
  int depth_ = 0;  // of scripts that read scripts
};

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_SHELL_H_
