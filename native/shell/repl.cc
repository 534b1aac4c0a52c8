// Reads lines, runs them, and prints errors, until the end.
#include "shell/repl.h"

#include <iostream>
#include <optional>
#include <string>

#include "shell/completion.h"
#include "shell/line_reader.h"
#include "shell/user_files.h"

namespace libsql::shell {

namespace {

// A star shows an open transaction.
std::string prompt_of(Shell& shell, bool continues) {
  const bool transaction = shell.connection().in_transaction();
  if (continues) return transaction ? "    ...> " : "   ...> ";
  return transaction ? "libsql*> " : "libsql> ";
}

}  // namespace

void run_prompt(Shell& shell) {
  ScriptReader script;
  LineReader reader(shell.interrupts(), history_path(), [&](std::string_view before) {
    return complete(shell.connection(), before, script.pending());
  });
  std::string line;
  for (;;) {
    switch (reader.read(prompt_of(shell, script.pending()), line)) {
      case LineReader::Outcome::interrupted:
        script.discard();
        continue;
      case LineReader::Outcome::end:
        std::cout << '\n';
        return;
      case LineReader::Outcome::line:
        break;
    }
    const std::optional<Chunk> chunk = script.add(line);
    if (chunk.has_value() && shell.run_typed(*chunk) == Outcome::quit) return;
  }
}

}  // namespace libsql::shell
