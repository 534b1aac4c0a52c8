#include "hrana/subprotocol.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace libsql::hrana {
namespace {

// In the order of a server's choice.
constexpr std::array kSubprotocols{
    Subprotocol{"hrana3-protobuf", 3, Encoding::protobuf},
    Subprotocol{"hrana3", 3, Encoding::json},
    Subprotocol{"hrana2", 2, Encoding::json},
    kDefaultSubprotocol,
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

bool lists(std::string_view offered, std::string_view name) {
  while (true) {
    const std::size_t comma = offered.find(',');
    if (same_name(trimmed(offered.substr(0, comma)), name)) return true;
    if (comma == std::string_view::npos) return false;
    offered.remove_prefix(comma + 1);
  }
}

std::optional<Subprotocol> first(auto&& matches) {
  const auto* const found = std::ranges::find_if(kSubprotocols, matches);
  if (found == kSubprotocols.end()) return std::nullopt;
  return *found;
}

}  // namespace

std::optional<Subprotocol> find_subprotocol(std::string_view name) noexcept {
  return first([&](const Subprotocol& each) { return same_name(each.name, name); });
}

std::optional<Subprotocol> choose_subprotocol(std::string_view offered) noexcept {
  return first([&](const Subprotocol& each) { return lists(offered, each.name); });
}

}  // namespace libsql::hrana
