// Ids of what is open on a connection: the connection's id, a dot, a letter and a number.
#ifndef LIBSQL_NIF_IDS_H_
#define LIBSQL_NIF_IDS_H_

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "run.h"

namespace libsql::nif {

struct ChildId {
  std::string_view connection;
  std::uint64_t number;
};

[[nodiscard]] constexpr char letter_of(IdKind kind) noexcept {
  switch (kind) {
    case IdKind::transaction:
      return 't';
    case IdKind::statement:
      return 's';
    case IdKind::cursor:
      return 'c';
    case IdKind::connection:
    case IdKind::subscription:
      break;
  }
  return '?';  // These have no id of this form.
}

[[nodiscard]] inline std::string child_id(std::string_view connection, IdKind kind,
                                          std::uint64_t number) {
  std::string id(connection);
  id += '.';
  id += letter_of(kind);
  id += std::to_string(number);
  return id;
}

[[nodiscard]] inline std::optional<ChildId> parse_child_id(std::string_view id, IdKind kind) {
  const std::size_t dot = id.rfind('.');
  if (dot == std::string_view::npos || id.size() < dot + 3 || id[dot + 1] != letter_of(kind))
    return {};
  ChildId parsed{id.substr(0, dot), 0};
  const char* end = id.data() + id.size();
  const auto [rest, problem] = std::from_chars(id.data() + dot + 2, end, parsed.number);
  if (problem != std::errc() || rest != end) return {};
  return parsed;
}

// The number behind an id of `connection`. Errors: Failure not_found, or foreign if the id is one
// of another open connection.
[[nodiscard]] inline std::uint64_t child_number(const Call& call, const std::string& connection,
                                                std::string_view id, IdKind kind) {
  const auto parsed = parse_child_id(id, kind);
  if (!parsed) throw Failure::not_found(kind);
  if (parsed->connection == connection) return parsed->number;
  if (call.state()->registry.find(parsed->connection) == nullptr) throw Failure::not_found(kind);
  throw Failure::foreign(kind);
}

// The open connection to which an id belongs. Errors: Failure not_found.
[[nodiscard]] inline ConnectionPtr parent_of(const Call& call, std::string_view id, IdKind kind) {
  const auto parsed = parse_child_id(id, kind);
  if (!parsed) throw Failure::not_found(kind);
  ConnectionPtr parent = call.state()->registry.find(parsed->connection);
  if (parent == nullptr || !parent->is_open()) throw Failure::not_found(kind);
  return parent;
}

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_IDS_H_
