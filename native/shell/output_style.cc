// Names and defaults of the output modes.
#include "shell/output_style.h"

#include <algorithm>
#include <array>

namespace libsql::shell {
namespace {

struct NamedMode {
  std::string_view name;
  Mode mode;
};
// In alphabetical order; the first name of a mode is the one that is shown.
constexpr auto kModes = std::to_array<NamedMode>({
    {"box", Mode::box},
    {"csv", Mode::csv},
    {"insert", Mode::insert},
    {"json", Mode::json},
    {"line", Mode::line},
    {"list", Mode::list},
    {"markdown", Mode::markdown},
    {"quote", Mode::quote},
    {"table", Mode::table},
    {"tabs", Mode::list},
    {"vertical", Mode::line},
});

}  // namespace

std::string_view to_string(Mode mode) noexcept {
  const auto* const found = std::ranges::find(kModes, mode, &NamedMode::mode);
  return found == kModes.end() ? std::string_view() : found->name;
}

bool choose_mode(OutputStyle& style, std::string_view name) {
  const auto* const found = std::ranges::find(kModes, name, &NamedMode::name);
  if (found == kModes.end()) return false;
  style.mode = found->mode;
  style.separators.reset();
  if (name == "tabs") style.separators = Separators{"\t", "\n"};
  return true;
}

std::vector<std::string> mode_names() {
  std::vector<std::string> names;
  names.reserve(kModes.size());
  for (const NamedMode& mode : kModes) names.emplace_back(mode.name);
  return names;
}

bool show_headers(const OutputStyle& style) noexcept {
  return style.headers.value_or(style.mode == Mode::table || style.mode == Mode::box);
}

Separators separators_of(const OutputStyle& style) {
  if (style.separators.has_value()) return *style.separators;
  if (style.mode == Mode::csv) return {",", "\r\n"};
  if (style.mode == Mode::quote) return {",", "\n"};
  return {"|", "\n"};
}

}  // namespace libsql::shell
