// The prompt: a line editor with history and completion, over libedit.
#ifndef LIBSQL_SHELL_LINE_READER_H_
#define LIBSQL_SHELL_LINE_READER_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "shell/completion.h"
#include "shell/interrupts.h"

namespace libsql::shell {

// Reads lines from a terminal.
//
// Threads: thread-bound to the one that made it.
class LineReader {
 public:
  enum class Outcome { line, end, interrupted };
  // Called when Tab is pressed, with the text before the cursor.
  using Completer = std::function<Completion(std::string_view)>;

  LineReader(Interrupts& interrupts, std::string history_file, Completer completer);
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  // Saves the history.
  ~LineReader();

  // Reads a line without its line feed. Ctrl-C returns `interrupted` and discards the typed text.
  Outcome read(const std::string& prompt, std::string& line);

 private:
  struct Editor;
  std::unique_ptr<Editor> editor_;
};

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_LINE_READER_H_
