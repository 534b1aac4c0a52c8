#include "shell/build_bar.h"

#include <cstdint>
#include <memory>
#include <optional>

#include "shell/progress_bar.h"

namespace libsql::shell {

VectorBuildObserver build_bar() {
  // Builds run one after the other. Shared, because an observer can be copied.
  const auto bar = std::make_shared<std::optional<ProgressBar>>();
  return [bar](const VectorBuild& build) {
    constexpr std::uint64_t kParts = 1000;
    if (build.ended) return bar->reset();
    if (!*bar) bar->emplace("building " + build.index, kParts);
    (*bar)->update(static_cast<std::uint64_t>(build.fraction * double{kParts}));
  };
}

}  // namespace libsql::shell
