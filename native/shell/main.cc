// The `libsql` command: opens the database, runs the init file, applies the options of the command
// line over it, and then starts the prompt or runs a script.
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>

#include "libsql/error.h"
#include "shell/arguments.h"
#include "shell/command_error.h"
#include "shell/exit_codes.h"
#include "shell/repl.h"
#include "shell/shell.h"
#include "shell/user_files.h"

namespace libsql::shell {
namespace {

// Applies the options of the command line, which override the init script.
void apply_options(const Arguments& arguments, Settings& settings) {
  if (!arguments.mode.empty()) static_cast<void>(choose_mode(settings.style, arguments.mode));
  if (arguments.headers) settings.style.headers = true;
  if (!arguments.bail) settings.bail = false;
}

// Chooses a UTF-8 locale whatever the environment: wcwidth() depends on it.
void choose_locale() {
  std::setlocale(LC_CTYPE, "");  // NOLINT(concurrency-mt-unsafe): no other thread runs yet
  if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");  // NOLINT(concurrency-mt-unsafe)
}

void greet(CurrentDatabase& database) {
  std::cout << "libsql " << LIBSQL_VERSION << " (SQLite " << sqlite_version()
            << "); .help lists the commands, .quit leaves\n";
  if (database.location() == ":memory:") {
    std::cout << "A database in memory: it is gone when you leave; .backup FILE keeps it.\n";
  }
  if (database.missing()) {
    std::cout << database.location() << " does not exist; the first write creates it.\n";
  }
  std::cout.flush();
}

// Runs the init script, if there is one.
Outcome run_init(Shell& shell, const std::string& path) {
  if (path.empty()) return Outcome::proceed;
  std::ifstream script(path, std::ios::binary);
  if (script) return shell.run_script(script, path);
  std::cerr << "libsql: cannot read " << path << '\n';
  return Outcome::failed;
}

Outcome run_commands(Shell& shell, const Arguments& arguments) {
  for (const auto& [name, text] : arguments.commands) {
    std::istringstream script(text);
    const Outcome outcome = shell.run_script(script, name);
    if (outcome == Outcome::quit) return outcome;
    if (outcome == Outcome::failed && shell.settings().bail) return outcome;
  }
  return Outcome::proceed;
}

// Runs what the arguments ask for, or the standard input.
void run(Shell& shell, const Arguments& arguments, bool prompt) {
  const bool wanted = prompt && !arguments.no_init;
  const std::string init = arguments.init.empty() && wanted ? init_path() : arguments.init;
  const Outcome outcome = run_init(shell, init);
  if (outcome == Outcome::quit) return;
  if (outcome == Outcome::failed && !prompt && shell.settings().bail) return;
  apply_options(arguments, shell.settings());
  if (prompt) {
    greet(shell.database());
    run_prompt(shell);
  } else if (arguments.commands.empty()) {
    shell.run_script(std::cin, "<stdin>");
  } else {
    run_commands(shell, arguments);
  }
}

// Returns the exit code; reports on stderr why it is not 0, and a file that was not created.
int conclude(Shell& shell, bool prompt) {
  if (!shell.out().flush() || !std::cout.flush()) {
    std::cerr << "libsql: the output could not be written\n";
    return kFailed;
  }
  if (shell.connection().in_transaction()) {
    std::cerr << "libsql: a transaction was left open and is rolled back: COMMIT is missing\n";
    return kFailed;
  }
  if (prompt) return EXIT_SUCCESS;
  if (shell.database().missing()) {
    std::cerr << "libsql: " << shell.database().location()
              << " does not exist and was not created, because nothing was written\n";
  }
  return shell.script_failed() ? kFailed : EXIT_SUCCESS;
}

int run_shell(const Arguments& arguments) {
  const bool prompt = arguments.commands.empty() && isatty(STDIN_FILENO) == 1;
  if (!arguments.init.empty() && !std::ifstream(arguments.init)) {
    std::cerr << "libsql: cannot read " << arguments.init << '\n';
    return kUsage;
  }
  Interrupts interrupts(prompt ? Interrupts::Idle::wake_prompt : Interrupts::Idle::end_process);
  std::optional<CurrentDatabase> database;
  try {
    const Access access = arguments.read_only ? Access::read_only : Access::read_write;
    Credentials credentials{.key = read_key(arguments.key), .token = read_token(arguments.token)};
    if (credentials.key && arguments.file == ":memory:") throw CommandError("a key needs a FILE");
    if (credentials.token && !Database::is_remote(arguments.file)) {
      throw CommandError("a token needs the URL of a server");
    }
    database.emplace(interrupts, arguments.file, access, std::move(credentials));
  } catch (const CommandError& error) {
    std::cerr << "libsql: " << error.what() << '\n';
    return kUsage;
  } catch (const Error& error) {
    std::cerr << "libsql: cannot open " << without_query(arguments.file) << ": " << error.message()
              << '\n';
    return kUsage;
  }
  Settings settings;
  settings.style.mode = isatty(STDOUT_FILENO) == 1 ? Mode::table : Mode::list;
  apply_options(arguments, settings);
  Shell shell(*database, interrupts, std::move(settings));
  run(shell, arguments, prompt);
  return conclude(shell, prompt);
}

int command(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  choose_locale();
  Arguments arguments;
  if (const std::optional<int> code = parse_arguments(argc, argv, arguments)) return *code;
  return run_shell(arguments);
}

}  // namespace
}  // namespace libsql::shell

int main(int argc, char** argv) {
  try {
    return libsql::shell::command(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "libsql: %s\n", error.what());
    return libsql::shell::kFailed;
  }
}
