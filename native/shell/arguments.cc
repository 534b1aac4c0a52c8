// Declares the options to CLI11.
#include "shell/arguments.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include "libsql/database.h"
#include "shell/exit_codes.h"
#include "shell/output_style.h"

namespace libsql::shell {
namespace {

struct Texts {
  std::vector<std::string> options;      // of -c
  std::vector<std::string> positionals;  // after the file
};

void declare(CLI::App& app, Arguments& arguments, Texts& texts) {
  app.add_option("FILE", arguments.file,
                 "The database; if it does not exist, the first write creates it. Or the URL of a "
                 "server: libsql://, https://, http://");
  app.add_option("SQL", texts.positionals, "SQL or dot commands to run, as -c does")->type_name("");
  app.add_option("-c,--command", texts.options, "Run SQL or a dot command and leave (repeatable)")
      ->type_name("SQL")
      ->expected(1)
      ->take_all();
  app.add_option("-m,--mode", arguments.mode, "How rows are written: one of the modes of .mode")
      ->check(CLI::IsMember(mode_names()))
      ->type_name("MODE");
  app.add_flag("--headers,--header", arguments.headers,
               "Write column names in the other modes too");
  app.add_flag("--bail,!--no-bail", arguments.bail,
               "Scripts end at the first error (default), or go on");
  app.add_flag("--readonly", arguments.read_only, "Open the database for reading only");
  auto* const variable = app.add_option("--key-env", arguments.key.secret.environment,
                                        "The environment variable with the encryption key");
  variable->type_name("NAME");
  auto* const descriptor = app.add_option("--key-fd", arguments.key.secret.descriptor,
                                          "The file descriptor to read the encryption key from");
  descriptor->type_name("N")->check(CLI::NonNegativeNumber)->excludes(variable);
  app.add_option("--cipher", arguments.key.cipher, "aes256cbc (libSQL's, default) or aes256gcm")
      ->check(CLI::IsMember({"aes256cbc", "aes256gcm"}))
      ->type_name("CIPHER");
  app.add_option("--kdf", arguments.key.derivation, "With aes256gcm: hkdf (default) or scrypt")
      ->check(CLI::IsMember({"hkdf", "scrypt"}))
      ->type_name("KDF");
  auto* const token = app.add_option("--token-env", arguments.token.environment,
                                     "The environment variable with the token of a server");
  token->type_name("NAME");
  app.add_option("--token-fd", arguments.token.descriptor,
                 "The file descriptor to read the token of a server from")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber)
      ->excludes(token);
  app.add_option("--init", arguments.init, "Run a script first; at the prompt, instead of libsqlrc")
      ->type_name("SCRIPT");
  app.add_flag("--no-init", arguments.no_init, "Run no libsqlrc at the prompt");
  app.set_version_flag("--version", std::string("libsql ") + LIBSQL_VERSION + " (SQLite " +
                                        std::string(sqlite_version()) + ")");
  app.footer(
      "Without SQL it reads the standard input: at a terminal with a prompt, which first runs\n"
      "$XDG_CONFIG_HOME/libsqlrc or ~/.libsqlrc; otherwise as a script. .help lists the commands.\n"
      "As in sqlite3, long options may have one dash, and a mode is an option too: -json.\n\n"
      "Exit codes: 0 success; 1 a statement or command failed, or a transaction was left\n"
      "open; 2 wrong usage, or the database cannot be opened.");
}

// sqlite3's options have one dash: "-init" for "--init". Short options are single letters here. Its
// options for output modes are "-json" for "--mode=json".
std::vector<std::string> with_double_dashes(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  constexpr auto kNames = std::to_array<std::string_view>(
      {"-bail", "-header", "-headers", "-help", "-init", "-mode", "-readonly", "-version"});
  const std::vector<std::string> modes = mode_names();
  for (std::string& word : words) {
    if (std::ranges::find(kNames, std::string_view(word)) != kNames.end()) word.insert(0, 1, '-');
    for (const std::string& mode : modes) {
      if (word == "-" + mode || word == "--" + mode) word = "--mode=" + mode;
    }
  }
  return words;
}

void name_commands(std::vector<std::string> texts, const std::string& source,
                   std::vector<CommandText>& commands) {
  const bool several = texts.size() > 1;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string number = several ? " " + std::to_string(i + 1) : std::string();
    commands.push_back({source + number, std::move(texts[i])});
  }
}

}  // namespace

std::optional<int> parse_arguments(int argc, char** argv, Arguments& arguments) {
  Texts texts;
  CLI::App app("The libSQL shell", "libsql");
  declare(app, arguments, texts);
  std::vector<std::string> words = with_double_dashes(argc, argv);
  std::ranges::reverse(words);  // CLI11 takes them from the back.
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
  name_commands(std::move(texts.options), "-c", arguments.commands);
  name_commands(std::move(texts.positionals), "SQL", arguments.commands);
  return std::nullopt;
}

}  // namespace libsql::shell
