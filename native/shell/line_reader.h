// The prompt: a line editor with history, over libedit.
#ifndef LIBSQL_SHELL_LINE_READER_H_
#define LIBSQL_SHELL_LINE_READER_H_

#include <memory>
#include <string>

#include "shell/interrupts.h"

namespace libsql::shell {

// Where the history is kept: $XDG_STATE_HOME/libsql_history if that is set, else ~/.libsql_history;
// empty without either, which keeps none.
[[nodiscard]] std::string history_path();

// Reads lines from a terminal.
//
// Threads: thread-bound to the one that made it.
class LineReader {
 public:
  enum class Outcome { line, end, interrupted };

  LineReader(Interrupts& interrupts, std::string history_file);
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  // Saves the history.
  ~LineReader();

  // Reads a line without its line feed. Ctrl-C gives `interrupted` and drops what was typed.
  Outcome read(const std::string& prompt, std::string& line);

 private:
  struct Editor;
  std::unique_ptr<Editor> editor_;
};

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_LINE_READER_H_
