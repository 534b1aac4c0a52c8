// Reads the words before the cursor and collects the names and keywords that begin with the last
// one.
#include "shell/completion.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "libsql/error.h"
#include "libsql/sql.h"
#include "shell/ascii.h"
#include "shell/dot_commands.h"
#include "shell/keywords.h"

namespace libsql::shell {
namespace {

constexpr std::chrono::milliseconds kPatience{500};

bool is_word_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80U;
}

// The name can be written without quotes. Unlike is_identifier(), with letters beyond ASCII.
bool is_plain(std::string_view name) {
  return std::ranges::all_of(name, is_word_byte) && !name.empty() && !is_keyword(name) &&
         (name[0] < '0' || name[0] > '9');
}

// Removes the last word from the text and returns it; empty if the text does not end in a word.
std::string_view take_last_word(std::string_view& text) {
  std::size_t start = text.size();
  while (start > 0 && is_word_byte(text[start - 1])) --start;
  const std::string_view word = text.substr(start);
  text = text.substr(0, start);
  return word;
}

// Removes the word that is being typed from the text and returns it: from a double quote that is
// open, else the last word.
std::string_view take_typed(std::string_view& text) {
  if (std::ranges::count(text, '"') % 2 == 0) return take_last_word(text);
  const std::size_t start = text.rfind('"');
  const std::string_view typed = text.substr(start);
  text = text.substr(0, start);
  return typed;
}

// Collects the candidates that begin with what was typed.
class Collector {
 public:
  explicit Collector(std::string_view typed) : typed_(typed) {}

  void add(std::string_view candidate) {
    if (begins_with(candidate, typed_)) found_.emplace(candidate);
  }
  void add_name(std::string_view name) {
    std::string text =
        typed_.starts_with('"') || !is_plain(name) ? quote_identifier(name) : std::string(name);
    if (begins_with(name, typed_) || begins_with(text, typed_)) found_.insert(std::move(text));
  }
  // In the case of what was typed.
  void add_keyword(std::string_view keyword) {
    if (!begins_with(keyword, typed_)) return;
    const bool small = std::ranges::any_of(typed_, [](char c) { return c != upper(c); });
    std::string word(keyword);
    if (small) std::ranges::transform(word, word.begin(), lower);
    found_.insert(std::move(word));
  }
  [[nodiscard]] Completion completion() const {
    return {typed_.size(), {found_.begin(), found_.end()}};
  }

 private:
  std::string_view typed_;
  std::set<std::string> found_;
};

// Limits how long the schema is read, for instance while another process locks it.
class Deadline {
 public:
  explicit Deadline(Connection& connection) : connection_(connection) {
    connection_.set_deadline(std::chrono::steady_clock::now() + kPatience);
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() { connection_.set_deadline(std::nullopt); }

 private:
  Connection& connection_;
};

struct Table {
  std::string schema;
  std::string name;
};

std::vector<Table> read_tables(Connection& connection) {
  std::vector<Table> tables;
  Statement statement = connection.cached(
      "SELECT schema, name FROM pragma_table_list WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND "
      "name NOT LIKE 'libsql\\_vx\\_%' ESCAPE '\\'");
  while (statement.step() == Step::row) {
    tables.push_back(
        {std::string(statement.column(0).bytes()), std::string(statement.column(1).bytes())});
  }
  return tables;
}

void add_columns(Connection& connection, const Table& table, Collector& collector) {
  Statement statement = connection.cached("SELECT name FROM pragma_table_xinfo(?, ?)");
  statement.bind(1, table.name);
  statement.bind(2, table.schema);
  try {
    while (statement.step() == Step::row) collector.add_name(statement.column(0).bytes());
  } catch (const Error& error) {
    // A view of a dropped table has no columns to offer; go on with the other tables.
    if (error.kind() != ErrorKind::error) throw;
  }
}

// Words after which the name of a table follows.
bool expects_table(std::string_view word) {
  constexpr auto kWords =
      std::to_array<std::string_view>({"from", "into", "join", "table", "update"});
  return std::ranges::any_of(kWords,
                             [&](std::string_view each) { return same_letters(each, word); });
}

// Adds names from the schema; after "name." the columns of this table and the tables of this
// database.
void add_schema(Connection& connection, std::string_view qualifier, bool tables_only,
                Collector& collector) {
  const Deadline deadline(connection);
  for (const Table& table : read_tables(connection)) {
    const bool in_schema = same_letters(table.schema, qualifier);
    if (qualifier.empty() || in_schema) collector.add_name(table.name);
    if (tables_only) continue;
    if (qualifier.empty() || same_letters(table.name, qualifier)) {
      add_columns(connection, table, collector);
    }
  }
}

Completion complete_sql(Connection& connection, std::string_view before) {
  if (std::ranges::count(before, '\'') % 2 == 1) return {};  // inside of a text literal
  const std::string_view typed = take_typed(before);
  std::string_view qualifier;
  if (before.ends_with('.')) {
    before.remove_suffix(1);
    qualifier = take_last_word(before);
  }
  while (before.ends_with(' ')) before.remove_suffix(1);
  const bool table = expects_table(take_last_word(before));
  Collector collector(typed);
  if (typed.empty() && qualifier.empty() && !table) return {};
  try {
    add_schema(connection, qualifier, table, collector);
  } catch (const Error&) {
    // The prompt stays usable when the schema cannot be read: only keywords are offered.
    collector = Collector(typed);
  }
  if (qualifier.empty() && !table) {
    for (const std::string_view keyword : keywords()) collector.add_keyword(keyword);
  }
  return collector.completion();
}

void add_arguments(Connection& connection, Completes kind, Collector& collector) {
  switch (kind) {
    case Completes::nothing:
      return;
    case Completes::tables:
      add_schema(connection, {}, true, collector);
      return;
    case Completes::modes:
      for (const std::string& mode : mode_names()) collector.add(mode);
      return;
    case Completes::commands:
      for (const DotCommand& command : dot_commands()) collector.add(command.name);
      return;
    case Completes::switches:
      collector.add("on");
      collector.add("off");
  }
}

Completion complete_command(Connection& connection, std::string_view line) {
  const std::size_t blank = line.find_last_of(" \t");
  if (blank == std::string_view::npos) {
    Collector collector(line);
    add_arguments(connection, Completes::commands, collector);
    return collector.completion();
  }
  Collector collector(line.substr(blank + 1));
  try {
    const DotCommand& command = find_dot_command(line.substr(0, line.find_first_of(" \t")));
    add_arguments(connection, command.completes, collector);
  } catch (const std::exception&) {
    // An unknown command, or a schema that cannot be read: there are no candidates.
    return {};
  }
  return collector.completion();
}

}  // namespace

std::string Completion::common_prefix() const {
  if (candidates.empty()) return {};
  // The candidates are sorted: all share what the first and the last one share.
  const std::string& first = candidates.front();
  const std::string& last = candidates.back();
  const auto differ = std::ranges::mismatch(first, last).in1;
  auto size = static_cast<std::size_t>(differ - first.begin());
  while (size > 0 && size < first.size() &&
         (static_cast<unsigned char>(first[size]) & 0xC0U) == 0x80U) {
    --size;  // not in the middle of a character
  }
  return first.substr(0, size);
}

Completion complete(Connection& connection, std::string_view before, bool continues) {
  if (!continues && before.starts_with('.')) return complete_command(connection, before);
  return complete_sql(connection, before);
}

}  // namespace libsql::shell
