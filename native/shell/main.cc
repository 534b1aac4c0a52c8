// The `libsql` command: options, and the choice between prompt and script.
//
// Exit codes: 0 all went well; 1 an SQL statement or a command failed, the output could not be
// written, or a transaction was left open; 2 wrong usage, or the database cannot be opened; 130
// Ctrl-C outside a statement.
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "libsql/database.h"
#include "libsql/error.h"
#include "shell/formatter.h"
#include "shell/interrupts.h"
#include "shell/repl.h"
#include "shell/shell.h"

namespace libsql::shell {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Arguments {
  std::string file = ":memory:";
  std::vector<std::string> commands;
  std::string mode;
  bool headers = false;
  bool read_only = false;
};

void declare(CLI::App& app, Arguments& arguments) {
  app.add_option("FILE", arguments.file, "The database; it is created if it does not exist");
  app.add_option("-c,--command", arguments.commands,
                 "Run SQL or a dot command and leave (repeatable)")
      ->type_name("SQL")
      ->expected(1)
      ->take_all();
  app.add_option("-m,--mode", arguments.mode, "Output as list, table, csv, json or markdown")
      ->check(CLI::IsMember({"list", "table", "csv", "json", "markdown"}))
      ->type_name("MODE");
  app.add_flag("--headers", arguments.headers, "Write column names in the modes list and csv too");
  app.add_flag("--readonly", arguments.read_only, "Open the database for reading only");
  app.set_version_flag("--version", std::string("libsql ") + LIBSQL_VERSION + " (SQLite " +
                                        std::string(sqlite_version()) + ")");
  app.footer(
      "Without -c it reads SQL from the standard input: at a terminal with a prompt,\n"
      "otherwise as a script that ends at the first error. Type .help for its commands.\n\n"
      "Exit codes: 0 success; 1 a statement or command failed, or a transaction was left\n"
      "open; 2 wrong usage, or the database cannot be opened.");
}

Settings initial_settings(const Arguments& arguments) {
  Settings settings;
  const Mode fallback = isatty(STDOUT_FILENO) == 1 ? Mode::table : Mode::list;
  settings.mode = parse_mode(arguments.mode).value_or(fallback);
  if (arguments.headers) settings.headers = true;
  return settings;
}

// Text in UTF-8 whatever the environment says: the width of characters depends on it.
void choose_locale() {
  std::setlocale(LC_CTYPE, "");  // NOLINT(concurrency-mt-unsafe): no other thread runs yet
  if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");  // NOLINT(concurrency-mt-unsafe)
}

Outcome run(Shell& shell, const Arguments& arguments, bool prompt) {
  if (prompt) {
    std::cout << "libsql " << LIBSQL_VERSION << " (SQLite " << sqlite_version()
              << "); .help lists the commands, .quit leaves\n";
    if (arguments.file == ":memory:") {
      std::cout << "A database in memory: it is gone when you leave.\n";
    }
    std::cout.flush();
    run_prompt(shell);
    return Outcome::proceed;
  }
  if (arguments.commands.empty()) return shell.run_script(std::cin, "<stdin>");
  Outcome outcome = Outcome::proceed;
  const std::size_t count = arguments.commands.size();
  for (std::size_t i = 0; i < count && outcome == Outcome::proceed; ++i) {
    std::istringstream script(arguments.commands[i]);
    outcome = shell.run_script(script, count == 1 ? "-c" : "-c " + std::to_string(i + 1));
  }
  return outcome;
}

int run_shell(const Arguments& arguments) {
  const bool prompt = arguments.commands.empty() && isatty(STDIN_FILENO) == 1;
  Interrupts interrupts(prompt ? Interrupts::Idle::wake_prompt : Interrupts::Idle::end_process);
  Options options;
  options.journal_mode.clear();  // It belongs to the file: looking at one must not change it.
  if (arguments.read_only) options.mode = OpenMode::read_only;
  std::optional<Connection> connection;
  try {
    connection.emplace(Database(arguments.file, options).connect());
  } catch (const Error& error) {
    std::cerr << "libsql: cannot open " << arguments.file << ": " << error.message() << '\n';
    return kUsage;
  }
  Shell shell(*connection, interrupts, initial_settings(arguments));
  const Outcome outcome = run(shell, arguments, prompt);
  if (!shell.out().flush() || !std::cout.flush()) {
    std::cerr << "libsql: the output could not be written\n";
    return kFailed;
  }
  if (connection->in_transaction()) {
    std::cerr << "libsql: a transaction was left open and is rolled back: COMMIT is missing\n";
    return kFailed;
  }
  return outcome == Outcome::failed ? kFailed : EXIT_SUCCESS;
}

int command(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  choose_locale();
  Arguments arguments;
  CLI::App app("The libSQL shell", "libsql");
  declare(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
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
