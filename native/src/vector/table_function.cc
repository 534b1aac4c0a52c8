#include "vector/table_function.h"

namespace libsql::vector {

namespace {

// Beyond what any plan costs whose arguments are there.
constexpr double kNeverChosen = 1e99;

bool is_given(const sqlite3_index_info* info, int column) noexcept {
  for (int each = 0; each < info->nConstraint; ++each) {
    const auto& constraint = info->aConstraint[each];
    if (constraint.iColumn == column && constraint.op == SQLITE_INDEX_CONSTRAINT_EQ) return true;
  }
  return false;
}

// The constraint that gives a column its value in this plan; -1 if there is none.
int usable_value(const sqlite3_index_info* info, int column) noexcept {
  for (int each = 0; each < info->nConstraint; ++each) {
    const auto& constraint = info->aConstraint[each];
    if (constraint.iColumn != column || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.usable != 0) return each;
  }
  return -1;
}

}  // namespace

Arguments plan_arguments(sqlite3_index_info* info, int count) noexcept {
  int given = 0;
  for (int column = 0; column < count; ++column) given += is_given(info, column) ? 1 : 0;
  if (given < count) {
    info->idxNum = -1 - given;
    info->estimatedCost = kNeverChosen;
    return Arguments::missing;
  }
  for (int column = 0; column < count; ++column) {
    const int value = usable_value(info, column);
    if (value < 0) return Arguments::not_yet_known;
    info->aConstraintUsage[value].argvIndex = column + 1;
    info->aConstraintUsage[value].omit = 1;
  }
  return Arguments::known;
}

}  // namespace libsql::vector
