// Dot commands that run scripts, import data, set parameters, and end the shell.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iostream>

#include "libsql/error.h"
#include "libsql/sql.h"
#include "shell/command_error.h"
#include "shell/dot_command.h"
#include "shell/import.h"
#include "shell/value_text.h"

namespace libsql::shell {
namespace {

Outcome bail(Shell& shell, const Words& words) {
  shell.settings().bail = parse_switch(words[1]);
  return Outcome::proceed;
}

Outcome quit(Shell& /*shell*/, const Words& /*words*/) { return Outcome::quit; }

Outcome read(Shell& shell, const Words& words) {
  std::ifstream script(words[1], std::ios::binary);
  if (!script) throw CommandError("cannot read " + words[1]);
  return shell.run_script(script, words[1]);
}

std::uint64_t parse_count(const std::string& word) {
  std::uint64_t count = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, code] = std::from_chars(word.data(), end, count);
  if (code != std::errc() || stop != end) {
    throw UsageError("--skip: expected a number, got \"" + word + "\"");
  }
  return count;
}

// The separators of `.separator` or of the mode tabs; without them, those of CSV.
Delimiters delimiters_of(const OutputStyle& style) {
  if (!style.separators.has_value()) return {};
  const auto& [column, row] = *style.separators;
  const std::string end = row == "\r\n" ? "\n" : row;
  if (column.size() != 1 || end.size() != 1 || column == end || column == "\"" || end == "\"") {
    throw CommandError(".import needs two different separators of one byte each, got " +
                       quote_text(column) + " and " + quote_text(row));
  }
  return {column[0], end[0]};
}

Import parse_import(const Words& words, const OutputStyle& style) {
  Import request;
  bool csv = false;
  std::vector<std::string> names;
  for (std::size_t i = 1; i < words.size(); ++i) {
    std::string_view option = words[i];
    if (!option.starts_with('-')) {
      names.push_back(words[i]);
      continue;
    }
    option.remove_prefix(option.starts_with("--") ? 2 : 1);
    const bool has_value = option == "skip" || option == "schema";
    if (has_value && i + 1 == words.size()) throw UsageError(words[i] + " needs a value");
    if (option == "csv") {
      csv = true;
    } else if (option == "skip") {
      request.skip = parse_count(words[++i]);
    } else if (option == "schema") {
      request.schema = words[++i];
    } else {
      throw UsageError("unknown option \"" + words[i] + "\"");
    }
  }
  if (names.size() < 2) throw UsageError("FILE and TABLE are needed");
  if (names.size() > 2) throw UsageError("unexpected \"" + names[2] + "\"");
  request.file = names[0];
  request.table = names[1];
  if (!csv) request.delimiters = delimiters_of(style);
  return request;
}

Outcome import(Shell& shell, const Words& words) {
  const Import request = parse_import(words, shell.settings().style);
  const std::uint64_t rows =
      import_file(shell.database(), request, [&] { return shell.interrupts().requested(); });
  // As the progress bar: for people, not for scripts.
  if (isatty(STDERR_FILENO) == 1) std::cerr << rows << " rows imported\n";
  return Outcome::proceed;
}

// The value of an SQL expression; text that is no expression is its own value.
Value evaluate(Connection& connection, const std::string& text) {
  std::optional<Statement> statement;
  try {
    statement.emplace(connection.prepare("SELECT (" + text + "\n)"));
    static_cast<void>(statement->column_count());  // A server compiles it now.
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::error) throw;
    return text;
  }
  static_cast<void>(statement->step());
  return statement->column(0).to_value();
}

void list_parameters(Shell& shell) {
  std::size_t width = 0;
  for (const auto& [name, value] : shell.parameters().all()) width = std::max(width, name.size());
  for (const auto& [name, value] : shell.parameters().all()) {
    shell.out() << name << std::string(width - name.size(), ' ') << ' ' << sql_literal(value)
                << '\n';
  }
}

Outcome parameter(Shell& shell, const Words& words) {
  Parameters& parameters = shell.parameters();
  const std::string& verb = words[1];
  if (verb == "list" && words.size() == 2) {
    list_parameters(shell);
  } else if (verb == "clear" && words.size() == 2) {
    parameters.clear();
  } else if (verb == "unset" && words.size() == 3) {
    if (!parameters.unset(words[2])) throw CommandError("no parameter " + words[2] + " is set");
  } else if (verb == "set" && words.size() == 4) {
    if (words[2].size() < 2 || std::string_view(":@$?").find(words[2][0]) == std::string::npos) {
      throw UsageError("a name begins with : @ $ or ?, got \"" + words[2] + "\"");
    }
    parameters.set(words[2], evaluate(shell.connection(), words[3]));
  } else if (verb != "init" || words.size() != 2) {  // In sqlite3, init creates their table.
    throw UsageError("unexpected \"" + words.back() + "\"");
  }
  return Outcome::proceed;
}

constexpr auto kCommands = std::to_array<DotCommand>({
    {".bail", ".bail on|off", "End scripts at the first error, or go on", "", 2, 2,
     Completes::switches, bail},
    {".exit", ".exit", "Leave the shell, as .quit does", "", 1, 1, Completes::nothing, quit},
    {".import", ".import [OPTIONS] FILE TABLE",
     "Load a file of separated values: all rows, or none",
     "  A new table takes its columns from the first line. The values are separated by commas, or "
     "as\n"
     "  .separator or .mode tabs says.\n"
     "  --csv        separated by commas whatever .separator is\n"
     "  --schema S   the table is S.TABLE\n"
     "  --skip N     leave out the first N lines, for instance a header\n",
     3, 8, Completes::tables, import},
    {".parameter", ".parameter set|unset|list|clear", "Set the values of parameters in SQL",
     "  .parameter set NAME VALUE   VALUE is an SQL expression; if it is none, it is text\n"
     "  .parameter unset NAME       NAME begins with : @ $ or ?\n"
     "  .parameter list\n"
     "  .parameter clear\n",
     2, 4, Completes::nothing, parameter},
    {".quit", ".quit", "Leave the shell", "", 1, 1, Completes::nothing, quit},
    {".read", ".read FILE", "Run the SQL and the commands of a file", "", 2, 2, Completes::nothing,
     read},
});

}  // namespace

std::span<const DotCommand> script_commands() noexcept { return kCommands; }

}  // namespace libsql::shell
