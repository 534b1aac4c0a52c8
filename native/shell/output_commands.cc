// Dot commands that choose how results are written, and where to.
#include <array>

#include "shell/command_error.h"
#include "shell/dot_command.h"

namespace libsql::shell {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

Outcome mode(Shell& shell, const Words& words) {
  OutputStyle& style = shell.settings().style;
  if (words.size() == 1) {
    shell.out() << to_string(style.mode) << '\n';
    return Outcome::proceed;
  }
  if (words.size() == 3 && words[1] != "insert") {
    throw UsageError("only the mode insert takes a table, got \"" + words[2] + "\"");
  }
  if (!choose_mode(style, words[1])) {
    throw UsageError("no mode \"" + words[1] + "\"; there are " + join(mode_names()));
  }
  if (words[1] == "insert") style.insert_table = words.size() == 3 ? words[2] : "table";
  return Outcome::proceed;
}

Outcome headers(Shell& shell, const Words& words) {
  std::optional<bool>& setting = shell.settings().style.headers;
  setting = words[1] == "auto" ? std::nullopt : std::optional(parse_switch(words[1]));
  return Outcome::proceed;
}

Outcome nullvalue(Shell& shell, const Words& words) {
  shell.settings().style.null_text = words[1];
  return Outcome::proceed;
}

Outcome separator(Shell& shell, const Words& words) {
  OutputStyle& style = shell.settings().style;
  Separators separators = separators_of(style);
  separators.column = words[1];
  if (words.size() == 3) separators.row = words[2];
  style.separators = std::move(separators);
  return Outcome::proceed;
}

Outcome output(Shell& shell, const Words& words) {
  shell.output().redirect(words.size() > 1 ? words[1] : std::string());
  return Outcome::proceed;
}

Outcome once(Shell& shell, const Words& words) {
  shell.output().redirect_once(words[1]);
  return Outcome::proceed;
}

template <bool Settings::*setting>
Outcome set_switch(Shell& shell, const Words& words) {
  shell.settings().*setting = parse_switch(words[1]);
  return Outcome::proceed;
}

constexpr std::string_view kModeDetails =
    "  box        a table framed in box-drawing characters\n"
    "  csv        comma-separated values (RFC 4180)\n"
    "  insert     INSERT statements; into TABLE, if it is given\n"
    "  json       an array of objects\n"
    "  line       one `column = value` a line\n"
    "  list       values with a separator between them\n"
    "  markdown   a table of GitHub Flavored Markdown\n"
    "  quote      SQL literals\n"
    "  table      a table framed in ASCII\n"
    "  tabs       the mode list with tabs as separators\n"
    "  vertical   another name of line\n";

constexpr auto kCommands = std::to_array<DotCommand>({
    {".changes", ".changes on|off", "Show how many rows each statement has changed", "", 2, 2,
     Completes::switches, set_switch<&Settings::changes>},
    {".echo", ".echo on|off", "Print statements and commands before they run", "", 2, 2,
     Completes::switches, set_switch<&Settings::echo>},
    {".headers", ".headers on|off|auto", "Show column names; auto: in the modes table and box",
     "  The modes json, line and markdown always show them.\n", 2, 2, Completes::switches, headers},
    {".mode", ".mode [MODE [TABLE]]", "Show or choose how rows are written", kModeDetails, 1, 3,
     Completes::modes, mode},
    {".nullvalue", ".nullvalue TEXT", "The text that is shown for NULL",
     "  Not in the modes json, insert and quote, which write null and NULL.\n", 2, 2,
     Completes::nothing, nullvalue},
    {".once", ".once FILE", "Write the results of the next statement to a file", "", 2, 2,
     Completes::nothing, once},
    {".output", ".output [FILE]", "Write results to a file, or to the screen again", "", 1, 2,
     Completes::nothing, output},
    {".separator", ".separator COLUMN [ROW]", "The text between columns and after rows",
     "  For the modes csv, list and quote, and for .import; ROW also for the mode line. Escapes "
     "as\n"
     "  \\t, \\n and \\037 are known. Each .mode sets its own separators.\n",
     2, 3, Completes::nothing, separator},
    {".timer", ".timer on|off", "Show on stderr how long each statement takes", "", 2, 2,
     Completes::switches, set_switch<&Settings::timer>},
});

}  // namespace

std::span<const DotCommand> output_commands() noexcept { return kCommands; }

}  // namespace libsql::shell
