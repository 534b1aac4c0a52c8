// Redraws one line of a terminal in place.
#include "shell/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>

namespace libsql::shell {
namespace {
constexpr int kCells = 40;
constexpr std::chrono::milliseconds kInterval{100};
}  // namespace

std::string bar_text(double fraction) {
  const double bounded = std::clamp(fraction, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(std::floor(bounded * kCells));
  const std::string percent = std::to_string(static_cast<int>(std::floor(bounded * 100)));
  return "[" + std::string(full, '#') + std::string(kCells - full, ' ') + "] " +
         std::string(3 - percent.size(), ' ') + percent + "%";
}

ProgressBar::ProgressBar(std::string_view label, std::uint64_t total)
    : label_(label), total_(total), visible_(total > 0 && isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (visible_) std::cerr << "\r\x1b[K" << std::flush;
}

void ProgressBar::update(std::uint64_t done) {
  if (!visible_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  std::cerr << '\r' << label_ << ' '
            << bar_text(static_cast<double>(done) / static_cast<double>(total_)) << std::flush;
}

}  // namespace libsql::shell
