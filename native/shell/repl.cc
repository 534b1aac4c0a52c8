// Read, evaluate, print, loop.
#include "shell/repl.h"

#include <iostream>
#include <optional>
#include <string>

#include "shell/line_reader.h"

namespace libsql::shell {

void run_prompt(Shell& shell) {
  LineReader reader(shell.interrupts(), history_path());
  ScriptReader script;
  std::string line;
  for (;;) {
    switch (reader.read(script.pending() ? "   ...> " : "libsql> ", line)) {
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
