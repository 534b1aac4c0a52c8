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

// Opcodes of bounded cost that continue or jump forwards. All others, e.g. those of later versions,
// count as unbounded. Sorted, for the binary search.
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

// Further instructions of queries: loops, sorting and grouping of rows that the same program has
// read, one by one, and co-routines. Not Count, which reads all pages of a table. Sorted.
constexpr std::array kLoopOpcodes = std::to_array<std::string_view>(
    {"BeginSubrtn",  "ClrSubtype",    "CollSeq",      "Compare",       "CursorHint",
     "CursorLock",   "CursorUnlock",  "DecrJumpZero", "ElseEq",        "Filter",
     "FilterAdd",    "GetSubtype",    "Goto",         "IfNotOpen",     "IfNotZero",
     "IfPos",        "IfSizeBetween", "Jump",         "Last",          "Next",
     "OffsetLimit",  "OpenAutoindex", "OpenDup",      "OpenPseudo",    "Permutation",
     "Prev",         "ResetSorter",   "Rewind",       "RowCell",       "RowData",
     "RowSetAdd",    "RowSetRead",    "RowSetTest",   "SeekHit",       "SeekScan",
     "SequenceTest", "SetSubtype",    "Sort",         "SorterCompare", "SorterData",
     "SorterInsert", "SorterNext",    "SorterOpen",   "SorterSort"});

// Functions and aggregates whose cost does not depend on how long a value is. Sorted.
constexpr std::array kBoundedFunctions = std::to_array<std::string_view>({"abs",
                                                                          "avg",
                                                                          "changes",
                                                                          "coalesce",
                                                                          "count",
                                                                          "cume_dist",
                                                                          "current_date",
                                                                          "current_time",
                                                                          "current_timestamp",
                                                                          "date",
                                                                          "datetime",
                                                                          "dense_rank",
                                                                          "first_value",
                                                                          "ifnull",
                                                                          "iif",
                                                                          "julianday",
                                                                          "lag",
                                                                          "last_insert_rowid",
                                                                          "last_value",
                                                                          "lead",
                                                                          "max",
                                                                          "min",
                                                                          "nth_value",
                                                                          "ntile",
                                                                          "nullif",
                                                                          "percent_rank",
                                                                          "random",
                                                                          "rank",
                                                                          "round",
                                                                          "row_number",
                                                                          "sign",
                                                                          "sqlite_version",
                                                                          "strftime",
                                                                          "sum",
                                                                          "time",
                                                                          "total",
                                                                          "total_changes",
                                                                          "typeof",
                                                                          "unixepoch"});

struct Instruction {
  int address;
  std::string opcode;
  int p1;
  int p2;
  std::string p4;
};

std::vector<Instruction> explain(sqlite3* db, const std::string& sql) {
  const StmtHandle stmt = compile(db, "EXPLAIN " + sql);
  std::vector<Instruction> program;
  while (sqlite3_step(stmt.get()) == SQLITE_ROW) {
    const auto text = [&stmt](int column) -> std::string {
      const auto* bytes = sqlite3_column_text(stmt.get(), column);
      return bytes == nullptr ? "" : reinterpret_cast<const char*>(bytes);
    };
    const auto number = [&stmt](int column) { return sqlite3_column_int(stmt.get(), column); };
    program.push_back({number(0), text(1), number(2), number(3), text(5)});
  }
  return program;
}

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& sorted, std::string_view word) {
  return std::binary_search(sorted.begin(), sorted.end(), word);
}

bool loops(const Instruction& op) {
  return op.opcode == "Rewind" || op.opcode == "Next" || op.opcode == "Last";
}

// The root page of sqlite_sequence, or -1. Taken from a compiled program: a query would start a
// read, and give the caller's deferred transaction a snapshot before it has the write lock.
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

// A bounded program jumps backwards only from the set-up at its end to its body, and from row to
// row of VALUES (to a Yield), whose number is fixed by the text.
bool jumps_forwards(const std::vector<Instruction>& program, const Instruction& jump) {
  if (jump.p2 > jump.address || jump.p2 == 1) return true;
  const auto target = static_cast<std::size_t>(jump.p2);
  return target < program.size() && program[target].opcode == "Yield";
}

// The session knows the journal mode of the main database only, so a write to an attached one may
// wait for the disk. 1 is the temporary database.
bool writes_attached(const Instruction& op) {
  return op.opcode == "Transaction" && op.p1 > 1 && op.p2 != 0;
}

bool has_only_bounded_opcodes(const std::vector<Instruction>& program,
                              const std::unordered_set<int>& small) {
  return std::all_of(program.begin(), program.end(), [&](const Instruction& op) {
    if (loops(op)) return small.contains(op.p1);
    if (op.opcode == "Goto") return jumps_forwards(program, op);
    if (writes_attached(op)) return false;
    return contains(kBoundedOpcodes, op.opcode);
  });
}

// P4 names the function and the number of its arguments: "abs(1)".
bool calls_function(const Instruction& op) {
  return op.opcode == "Function" || op.opcode == "PureFunc" || op.opcode.starts_with("Agg");
}

bool is_bounded_in_query(const Instruction& op) {
  if (calls_function(op)) {
    return contains(kBoundedFunctions, std::string_view(op.p4).substr(0, op.p4.find('(')));
  }
  return contains(kBoundedOpcodes, op.opcode) || contains(kLoopOpcodes, op.opcode);
}

}  // namespace

bool has_bounded_program(sqlite3* db, const std::string& sql) noexcept {
  try {
    const std::vector<Instruction> program = explain(db, sql);
    return !program.empty() && has_only_bounded_opcodes(program, small_cursors(db, program));
  } catch (const std::exception&) {
    return false;  // Counts as unbounded.
  }
}

bool has_bounded_instructions(sqlite3* db, const std::string& sql) noexcept {
  try {
    const std::vector<Instruction> program = explain(db, sql);
    return !program.empty() && std::ranges::all_of(program, is_bounded_in_query);
  } catch (const std::exception&) {
    return false;
  }
}

bool compiles_quickly(std::string_view sql) noexcept {
  constexpr std::size_t kMostBytes = 4096;
  constexpr int kMostQueries = 8;
  if (sql.size() > kMostBytes) return false;
  const auto same_letter = [](char left, char right) { return (left | 0x20) == right; };
  int queries = 0;
  for (const std::string_view word : {std::string_view("select"), std::string_view("join")}) {
    auto place = sql.begin();
    while ((place = std::search(place, sql.end(), word.begin(), word.end(), same_letter)) !=
           sql.end()) {
      ++place;
      if (++queries > kMostQueries) return false;
    }
  }
  return true;
}

}  // namespace libsql::local
