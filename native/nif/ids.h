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

inline constexpr char kStatementLetter = 's';
inline constexpr char kCursorLetter = 'c';
inline constexpr char kTransactionLetter = 't';

[[nodiscard]] inline std::string child_id(std::string_view connection, char letter,
                                          std::uint64_t number) {
  std::string id(connection);
  id += '.';
  id += letter;
  id += std::to_string(number);
  return id;
}

[[nodiscard]] inline std::optional<ChildId> parse_child_id(std::string_view id, char letter) {
  const std::size_t dot = id.rfind('.');
  if (dot == std::string_view::npos || id.size() < dot + 3 || id[dot + 1] != letter) return {};
  ChildId parsed{id.substr(0, dot), 0};
  const char* end = id.data() + id.size();
  const auto [rest, problem] = std::from_chars(id.data() + dot + 2, end, parsed.number);
  if (problem != std::errc() || rest != end) return {};
  return parsed;
}

// What an id names, in the words of the messages: "Statement", "Cursor".
struct ChildKind {
  char letter;
  std::string_view name;
};
inline constexpr ChildKind kStatements{kStatementLetter, "Statement"};
inline constexpr ChildKind kCursors{kCursorLetter, "Cursor"};

[[noreturn]] inline void throw_not_found(const ChildKind& kind) {
  throw Failure(Failure::Kind::not_found, std::string(kind.name) + " not found");
}

// The number behind an id of `connection`. Errors: Failure not_found, or foreign if the id is one
// of another open connection.
[[nodiscard]] inline std::uint64_t child_number(const Call& call, const std::string& connection,
                                                std::string_view id, const ChildKind& kind) {
  const auto parsed = parse_child_id(id, kind.letter);
  if (!parsed) throw_not_found(kind);
  if (parsed->connection == connection) return parsed->number;
  if (call.state()->registry.find(parsed->connection) == nullptr) throw_not_found(kind);
  throw Failure(Failure::Kind::foreign, std::string(kind.name) + " does not belong to connection");
}

// The open connection to which an id belongs. Errors: Failure not_found.
[[nodiscard]] inline ConnectionPtr parent_of(const Call& call, std::string_view id,
                                             const ChildKind& kind) {
  const auto parsed = parse_child_id(id, kind.letter);
  if (!parsed) throw_not_found(kind);
  ConnectionPtr parent = call.state()->registry.find(parsed->connection);
  if (parent == nullptr || !parent->is_open()) throw_not_found(kind);
  return parent;
}

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_IDS_H_
