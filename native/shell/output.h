// Where results go: stdout, or the file of `.output` and `.once`.
#ifndef LIBSQL_SHELL_OUTPUT_H_
#define LIBSQL_SHELL_OUTPUT_H_

#include <fstream>
#include <ostream>
#include <string>

namespace libsql::shell {

// Threads: thread-bound.
class Output {
 public:
  [[nodiscard]] std::ostream& stream() noexcept;
  // Writes to a file from here on, or to stdout for an empty path. Errors: CommandError if the file
  // cannot be opened, or if the one before could not be written completely.
  void redirect(const std::string& path);
  // The same for the next statement or command only.
  void redirect_once(const std::string& path);

  // Around each statement or command that runs; the end of redirect_once().
  void command_begins() noexcept;
  void command_ends();

 private:
  enum class Once { no, next_command, this_command };

  std::ofstream file_;
  Once once_ = Once::no;
};

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_OUTPUT_H_
