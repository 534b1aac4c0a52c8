#include "local/statement_cost.h"

#include <algorithm>
#include <array>
#include <exception>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "local/sqlite.h"

namespace libsql::local {

namespace {

// Instructions of bounded cost that only go on or jump forwards. Whatever is not listed here, such
// as the instructions of later versions, counts as unbounded. Sorted, for the binary search.
constexpr std::array kBoundedOpcodes =
    std::to_array<std::string_view>({"Add",          "AddImm",
                                     "Affinity",     "And",
                                     "BitAnd",       "BitNot",
                                     "BitOr",        "Blob",
                                     "Cast",         "Close",
                                     "Column",       "Concat",
                                     "Copy",         "DeferredSeek",
                                     "Delete",       "Divide",
                                     "EndCoroutine", "Eq",
                                     "Explain",      "FinishSeek",
                                     "FkCheck",      "FkCounter",
                                     "FkIfZero",     "Found",
                                     "Ge",           "Gosub",
                                     "Gt",           "Halt",
                                     "HaltIfNull",   "IdxDelete",
                                     "IdxGE",        "IdxGT",
                                     "IdxInsert",    "IdxLE",
                                     "IdxLT",        "IdxRowid",
                                     "If",           "IfNoHope",
                                     "IfNot",        "IfNullRow",
                                     "Init",         "InitCoroutine",
                                     "Insert",       "Int64",
                                     "IntCopy",      "Integer",
                                     "IsNull",       "IsTrue",
                                     "IsType",       "Le",
                                     "Lt",           "MakeRecord",
                                     "MemMax",       "Move",
                                     "Multiply",     "MustBeInt",
                                     "Ne",           "NewRowid",
                                     "NoConflict",   "Noop",
                                     "Not",          "NotExists",
                                     "NotFound",     "NotNull",
                                     "Null",         "NullRow",
                                     "Once",         "OpenEphemeral",
                                     "OpenRead",     "OpenWrite",
                                     "Or",           "Real",
                                     "RealAffinity", "ReleaseReg",
                                     "Remainder",    "ReopenIdx",
                                     "ResetCount",   "ResultRow",
                                     "Return",       "Rowid",
                                     "SCopy",        "SeekGE",
                                     "SeekGT",       "SeekLE",
                                     "SeekLT",       "SeekRowid",
                                     "Sequence",     "ShiftLeft",
                                     "ShiftRight",   "SoftNull",
                                     "String",       "String8",
                                     "Subtract",     "TableLock",
                                     "Transaction",  "TypeCheck",
                                     "Variable",     "Yield",
                                     "ZeroOrNull"});

struct Instruction {
  int address;
  std::string opcode;
  int p1;
  int p2;
};

std::vector<Instruction> explain(sqlite3* db, const std::string& sql) {
  const StmtHandle stmt = compile(db, "EXPLAIN " + sql);
  std::vector<Instruction> program;
  while (sqlite3_step(stmt.get()) == SQLITE_ROW) {
    const auto* opcode = sqlite3_column_text(stmt.get(), 1);
    program.push_back({sqlite3_column_int(stmt.get(), 0),
                       opcode == nullptr ? "" : reinterpret_cast<const char*>(opcode),
                       sqlite3_column_int(stmt.get(), 2), sqlite3_column_int(stmt.get(), 3)});
  }
  return program;
}

bool loops(const Instruction& op) {
  return op.opcode == "Rewind" || op.opcode == "Next" || op.opcode == "Last";
}

// Where sqlite_sequence is stored, or -1. Read off a program too: a query for it would begin to
// read, and so give the caller's deferred transaction a snapshot before it asks for the write lock.
int sequence_root(sqlite3* db) {
  try {
    for (const Instruction& op : explain(db, "SELECT 1 FROM main.sqlite_sequence")) {
      if (op.opcode == "OpenRead") return op.p2;
    }
  } catch (const std::exception&) {  // No table has AUTOINCREMENT.
  }
  return -1;
}

// Cursors that may be looped over: scratch tables, which hold what the statement itself has put
// there (RETURNING), and sqlite_sequence, which has a row per AUTOINCREMENT table.
std::unordered_set<int> small_cursors(sqlite3* db, const std::vector<Instruction>& program) {
  std::unordered_set<int> small;
  if (std::none_of(program.begin(), program.end(), loops)) return small;
  const int sequence = sequence_root(db);
  for (const Instruction& op : program) {
    const bool opens = op.opcode == "OpenWrite" || op.opcode == "OpenRead";
    if (op.opcode == "OpenEphemeral" || (opens && op.p2 == sequence)) small.insert(op.p1);
  }
  return small;
}

// The only backward jumps of a straight program: from the set-up at its end to its body, and from
// row to row of VALUES (to a Yield), whose number the text fixes.
bool jumps_forwards(const std::vector<Instruction>& program, const Instruction& jump) {
  if (jump.p2 > jump.address || jump.p2 == 1) return true;
  const auto target = static_cast<std::size_t>(jump.p2);
  return target < program.size() && program[target].opcode == "Yield";
}

// An attached database may keep its journal in another way than the main one, whose ways the
// session knows: what writes to it may wait for the disk. 1 is the temporary database.
bool writes_attached(const Instruction& op) {
  return op.opcode == "Transaction" && op.p1 > 1 && op.p2 != 0;
}

bool has_only_bounded_opcodes(const std::vector<Instruction>& program,
                              const std::unordered_set<int>& small) {
  return std::all_of(program.begin(), program.end(), [&](const Instruction& op) {
    if (loops(op)) return small.contains(op.p1);
    if (op.opcode == "Goto") return jumps_forwards(program, op);
    if (writes_attached(op)) return false;
    return std::binary_search(kBoundedOpcodes.begin(), kBoundedOpcodes.end(), op.opcode);
  });
}

}  // namespace

bool has_bounded_program(sqlite3* db, const std::string& sql) noexcept {
  try {
    const std::vector<Instruction> program = explain(db, sql);
    return !program.empty() && has_only_bounded_opcodes(program, small_cursors(db, program));
  } catch (const std::exception&) {
    return false;  // It will be run where it may take its time.
  }
}

}  // namespace libsql::local
