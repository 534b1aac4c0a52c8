#include "vector/clustering.h"

#include <algorithm>
#include <cstdint>

#include "vector/centres.h"
#include "vector/kernels.h"

namespace libsql::vector {

namespace {

constexpr int kRounds = 5;
constexpr std::size_t kOne = 1;
// Of components, some milliseconds' work.
constexpr std::size_t kGroupsBetweenPauses = 64;
constexpr std::size_t kProductsBetweenPauses = std::size_t{1} << 26U;

Centres numbered(const VectorSet& vectors) {
  Centres centres(vectors.dimensions);
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    centres.add(static_cast<std::int64_t>(i), vectors[i]);
  }
  return centres;
}

// The means of the groups. A group without members keeps its centre.
class Means {
 public:
  explicit Means(const VectorSet& centres)
      : centres_(centres), sums_(centres.values.size()), counts_(centres.size()) {}

  void add(std::size_t group, std::span<const float> vector) {
    ++counts_[group];
    double* const sums = sums_.data() + group * centres_.dimensions;
    for (std::size_t i = 0; i < vector.size(); ++i) sums[i] += static_cast<double>(vector[i]);
  }

  [[nodiscard]] VectorSet result() const {
    VectorSet means = centres_;
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const std::size_t count = counts_[i / centres_.dimensions];
      if (count > 0) means.values[i] = static_cast<float>(sums_[i] / static_cast<double>(count));
    }
    return means;
  }

 private:
  const VectorSet& centres_;
  std::vector<double> sums_;
  std::vector<std::size_t> counts_;
};

VectorSet means_of(const VectorSet& vectors, const std::vector<bool>& in_second) {
  const VectorSet none{vectors.dimensions, std::vector<float>(2 * vectors.dimensions)};
  Means means(none);
  for (std::size_t i = 0; i < vectors.size(); ++i) means.add(in_second[i] ? 1 : 0, vectors[i]);
  return means.result();
}

// Two halves of the same size, cut across the line through both centres.
std::vector<bool> cut_across(const VectorSet& vectors, const VectorSet& centres) {
  std::vector<double> along(vectors.size());
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    for (std::size_t at = 0; at < vectors.dimensions; ++at) {
      along[i] += static_cast<double>(vectors[i][at] * (centres[1][at] - centres[0][at]));
    }
  }
  std::vector<std::size_t> order(vectors.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return along[i]; });
  std::vector<bool> in_second(vectors.size());
  for (std::size_t i = order.size() / 2; i < order.size(); ++i) in_second[order[i]] = true;
  return in_second;
}

// How many vectors to compare with all centres.
std::size_t vectors_between_pauses(const VectorSet& centres) {
  return 1 + kProductsBetweenPauses / std::max(centres.values.size(), kOne);
}

// The members of each centre.
using Groups = std::vector<VectorSet>;

Groups groups_of(const VectorSet& vectors, const VectorSet& centres, const Pause& pause) {
  const Centres known = numbered(centres);
  const std::size_t between = vectors_between_pauses(centres);
  Groups groups(centres.size(), VectorSet{vectors.dimensions, {}});
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    if (i % between == 0) pause(1);
    groups[static_cast<std::size_t>(known.nearest(vectors[i]))].add(vectors[i]);
  }
  return groups;
}

// Adds the centre of a group, or those of its parts if it is too large.
void add_parts(const VectorSet& group, std::size_t most, VectorSet& centres) {
  const Halves halves = halve(group);
  VectorSet parts[2] = {{group.dimensions, {}}, {group.dimensions, {}}};
  for (std::size_t i = 0; i < group.size(); ++i) parts[halves.in_second[i] ? 1 : 0].add(group[i]);
  for (std::size_t part = 0; part < 2; ++part) {
    if (parts[part].size() > most) {
      add_parts(parts[part], most, centres);
    } else {
      centres.add(halves.centres[part]);
    }
  }
}

}  // namespace

VectorSet cluster(const VectorSet& vectors, std::size_t count, const Pause& pause) {
  VectorSet centres{vectors.dimensions, {}};
  for (std::size_t i = 0; i < count; ++i) centres.add(vectors[i * vectors.size() / count]);
  const std::size_t between = vectors_between_pauses(centres);
  const auto all = static_cast<double>(kRounds * vectors.size());
  for (int round = 0; round < kRounds; ++round) {
    const Centres known = numbered(centres);
    Means means(centres);
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      if (i % between == 0) {
        pause(static_cast<double>(static_cast<std::size_t>(round) * vectors.size() + i) / all);
      }
      means.add(static_cast<std::size_t>(known.nearest(vectors[i])), vectors[i]);
    }
    centres = means.result();
  }
  return centres;
}

VectorSet cluster_evenly(const VectorSet& vectors, std::size_t count, std::size_t most,
                         std::size_t fewest, const Pause& pause) {
  const VectorSet found = cluster(vectors, count, pause);
  const Groups groups = groups_of(vectors, found, pause);
  VectorSet centres{vectors.dimensions, {}};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i % kGroupsBetweenPauses == 0) pause(1);
    if (groups[i].size() > std::max(most, kOne)) {
      add_parts(groups[i], std::max(most, kOne), centres);
    } else if (groups[i].size() >= fewest) {
      centres.add(found[i]);
    }
  }
  return centres.size() > 0 ? centres : found;
}

Halves halve(const VectorSet& vectors) {
  Halves halves{cluster(vectors, 2, [](double) {}), std::vector<bool>(vectors.size())};
  const Centres known = numbered(halves.centres);
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    halves.in_second[i] = known.nearest(vectors[i]) == 1;
  }
  const auto second = std::ranges::count(halves.in_second, true);
  const auto all = std::ssize(halves.in_second);
  if (8 * std::min(second, all - second) < all) {
    halves.in_second = cut_across(vectors, halves.centres);
  }
  halves.centres = means_of(vectors, halves.in_second);
  return halves;
}

}  // namespace libsql::vector
