// One table of commands, and a small function for each.
#include "shell/dot_commands.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <span>

#include "shell/dump.h"
#include "shell/import.h"

namespace libsql::shell {
namespace {

using Words = std::vector<std::string>;

struct Command {
  std::string_view name;
  std::string_view usage;
  std::string_view help;
  std::size_t min_words;
  std::size_t max_words;
  Outcome (*run)(Shell& shell, const Words& words);
};
std::span<const Command> commands();

bool parse_switch(const std::string& word) {
  if (word == "on") return true;
  if (word == "off") return false;
  throw CommandError("expected on or off, got " + word);
}

Outcome dump(Shell& shell, const Words& words) {
  dump_database(shell.connection(), shell.out(), words.size() > 1 ? words[1] : std::string());
  return Outcome::proceed;
}

Outcome headers(Shell& shell, const Words& words) {
  if (words[1] == "auto") {
    shell.settings().headers.reset();
  } else {
    shell.settings().headers = parse_switch(words[1]);
  }
  return Outcome::proceed;
}

Outcome help(Shell& shell, const Words& /*words*/) {
  for (const Command& command : commands()) {
    shell.out() << command.usage << std::string(32 - command.usage.size(), ' ') << command.help
                << '\n';
  }
  return Outcome::proceed;
}

Outcome import(Shell& shell, const Words& words) {
  Import request{words[1], words[2], 0};
  if (words.size() == 4) throw CommandError("usage: .import FILE TABLE [--skip N]");
  if (words.size() == 5) {
    const std::string& count = words[4];
    const auto [end, code] =
        std::from_chars(count.data(), count.data() + count.size(), request.skip);
    if (words[3] != "--skip" || code != std::errc() || end != count.data() + count.size()) {
      throw CommandError("usage: .import FILE TABLE [--skip N]");
    }
  }
  const std::uint64_t rows =
      import_csv(shell.connection(), request, [&] { return shell.interrupts().requested(); });
  // As the progress bar: for those who watch, not for scripts.
  if (isatty(STDERR_FILENO) == 1) std::cerr << rows << " rows imported\n";
  return Outcome::proceed;
}

Outcome mode(Shell& shell, const Words& words) {
  if (words.size() == 1) {
    shell.out() << to_string(shell.settings().mode) << '\n';
    return Outcome::proceed;
  }
  const std::optional<Mode> chosen = parse_mode(words[1]);
  if (!chosen.has_value()) {
    throw CommandError("no mode " + words[1] + "; there are table, list, csv, json and markdown");
  }
  shell.settings().mode = *chosen;
  return Outcome::proceed;
}

Outcome output(Shell& shell, const Words& words) {
  shell.set_output(words.size() > 1 ? words[1] : std::string());
  return Outcome::proceed;
}

Outcome quit(Shell& /*shell*/, const Words& /*words*/) { return Outcome::quit; }

Outcome read(Shell& shell, const Words& words) {
  std::ifstream script(words[1], std::ios::binary);
  if (!script) throw CommandError("cannot read " + words[1]);
  return shell.run_script(script, words[1]);
}

// Prints the first column of each row.
bool print_rows(Shell& shell, std::string_view sql, const std::string& parameter,
                std::string_view end) {
  Statement statement = shell.connection().cached(sql);
  statement.bind(1, parameter);
  bool any = false;
  for (; statement.step() == Step::row; any = true) {
    shell.out() << statement.column(0).bytes() << end;
  }
  return any;
}

Outcome schema(Shell& shell, const Words& words) {
  const std::string table = words.size() > 1 ? words[1] : std::string();
  const bool any = print_rows(shell,
                              "SELECT sql FROM (SELECT rowid AS n, 0 AS temp, * FROM sqlite_schema"
                              " UNION ALL SELECT rowid, 1, * FROM sqlite_temp_schema)"
                              " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                              " AND (?1 = '' OR tbl_name = ?1 COLLATE NOCASE)"
                              " ORDER BY temp, n",
                              table, ";\n");
  if (!any && !table.empty()) throw CommandError("no such table: " + table);
  return Outcome::proceed;
}

Outcome tables(Shell& shell, const Words& words) {
  print_rows(shell,
             "SELECT name FROM (SELECT * FROM sqlite_schema UNION ALL SELECT * FROM"
             " sqlite_temp_schema) WHERE type IN ('table', 'view')"
             " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name LIKE ?1 ORDER BY name",
             words.size() > 1 ? words[1] : "%", "\n");
  return Outcome::proceed;
}

Outcome timer(Shell& shell, const Words& words) {
  shell.settings().timer = parse_switch(words[1]);
  return Outcome::proceed;
}

constexpr auto kCommands = std::to_array<Command>({
    {".dump", ".dump [TABLE]", "Write the database, or one table, as SQL", 1, 2, dump},
    {".exit", ".exit", "Leave, as .quit does", 1, 1, quit},
    {".headers", ".headers on|off|auto", "Column names; auto: in the modes table and markdown", 2,
     2, headers},
    {".help", ".help", "This list", 1, 1, help},
    {".import", ".import FILE TABLE [--skip N]",
     "Load a CSV file; a new table takes its columns from the first line", 3, 5, import},
    {".mode", ".mode [MODE]", "Output as table, list, csv, json or markdown", 1, 2, mode},
    {".output", ".output [FILE]", "Write results to a file, or to the screen again", 1, 2, output},
    {".quit", ".quit", "Leave", 1, 1, quit},
    {".read", ".read FILE", "Run the SQL and the commands of a file", 2, 2, read},
    {".schema", ".schema [TABLE]", "The CREATE statements", 1, 2, schema},
    {".tables", ".tables [PATTERN]", "Tables and views; the pattern is that of LIKE", 1, 2, tables},
    {".timer", ".timer on|off", "Show on stderr how long each statement takes", 2, 2, timer},
});

std::span<const Command> commands() { return kCommands; }

// Takes a word without quotes off the line.
std::string take_plain(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  line.remove_prefix(word.size());
  return std::string(word);
}

// Takes a word in quotes off the line.
std::string take_quoted(std::string_view& line) {
  const char quote = line[0];
  std::string word;
  line.remove_prefix(1);
  for (;;) {
    const std::size_t end = line.find(quote);
    if (end == std::string_view::npos) throw CommandError("a quote does not end");
    word += line.substr(0, end);
    line.remove_prefix(end + 1);
    if (!line.starts_with(quote)) return word;
    word += quote;
    line.remove_prefix(1);
  }
}

}  // namespace

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  for (;;) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty()) return words;
    words.push_back(line[0] == '\'' || line[0] == '"' ? take_quoted(line) : take_plain(line));
  }
}

Outcome run_dot_command(Shell& shell, std::string_view line) {
  const Words words = split_words(line);
  const auto* const command = std::ranges::find(kCommands, words.at(0), &Command::name);
  if (command == kCommands.end()) {
    throw CommandError("unknown command " + words[0] + "; .help lists them");
  }
  if (words.size() < command->min_words || words.size() > command->max_words) {
    throw CommandError("usage: " + std::string(command->usage));
  }
  return command->run(shell, words);
}

}  // namespace libsql::shell
