#include "core/atomic_members.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/sql_savepoint.h"
#include "libsql/error.h"

namespace libsql::core {

namespace {

bool ends_or_marks(StatementKind kind) noexcept {
  return kind == StatementKind::commit || kind == StatementKind::rollback ||
         kind == StatementKind::savepoint || kind == StatementKind::release;
}

// SQLite compares the names of savepoints without regard to ASCII case.
std::string lower_case(std::string name) {
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

}  // namespace

void AtomicMembers::admit(StatementKind kind, std::string_view sql) {
  if (!ends_or_marks(kind)) return;
  if (const auto text = savepoint_text(sql)) {
    std::string name = lower_case(text->name);
    if (text->op == SavepointText::Op::open) return savepoints_.push_back(std::move(name));
    const auto inner = std::ranges::find(savepoints_.rbegin(), savepoints_.rend(), name);
    if (inner != savepoints_.rend()) {
      const bool stays = text->op == SavepointText::Op::rollback_to;
      savepoints_.erase(stays ? inner.base() : std::prev(inner.base()), savepoints_.end());
      return;
    }
  }
  throw Error(ErrorKind::misuse, std::string(sql) +
                                     " cannot run among statements of which all or none are kept: "
                                     "it would end their transaction");
}

}  // namespace libsql::core
