// A progress bar on stderr.
#ifndef LIBSQL_SHELL_PROGRESS_BAR_H_
#define LIBSQL_SHELL_PROGRESS_BAR_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace libsql::shell {

// The bar's text for a fraction between 0 and 1: "[#####     ]  50%".
[[nodiscard]] std::string bar_text(double fraction);

// Draws only if stderr is a terminal, and at most ten times a second.
class ProgressBar {
 public:
  ProgressBar(std::string_view label, std::uint64_t total);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  // Clears the line.
  ~ProgressBar();

  void update(std::uint64_t done);

 private:
  std::string label_;
  std::uint64_t total_;
  bool visible_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_PROGRESS_BAR_H_
