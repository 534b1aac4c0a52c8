// Opens and closes the file that results go to.
#include "shell/output.h"

#include <iostream>

#include "shell/command_error.h"

namespace libsql::shell {

std::ostream& Output::stream() noexcept {
  if (file_.is_open()) return file_;
  return std::cout;
}

void Output::redirect(const std::string& path) {
  stream().flush();
  const bool lost = file_.is_open() && !file_;
  file_ = std::ofstream();
  once_ = Once::no;
  if (lost) throw CommandError("the output file could not be written completely");
  if (path.empty()) return;
  if (path.starts_with('|')) {
    throw CommandError("results cannot be sent to a command, got " + path + "; name a file");
  }
  file_.open(path, std::ios::binary);
  if (!file_) {
    file_ = std::ofstream();
    throw CommandError("cannot write to " + path);
  }
}

void Output::redirect_once(const std::string& path) {
  redirect(path);
  once_ = Once::next_command;
}

void Output::command_begins() noexcept {
  if (once_ == Once::next_command) once_ = Once::this_command;
}

void Output::command_ends() {
  if (once_ == Once::this_command) redirect({});
}

}  // namespace libsql::shell
