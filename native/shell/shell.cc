// Runs chunks of SQL and dot commands; formats rows and locates errors.
#include "shell/shell.h"

#include <chrono>
#include <iomanip>
#include <iostream>
#include <utility>
#include <vector>

#include "libsql/error.h"
#include "shell/command_error.h"
#include "shell/dot_commands.h"
#include "shell/formatter.h"
#include "shell/utf8.h"

namespace libsql::shell {
namespace {

constexpr int kMaxDepth = 30;

class Stopwatch {
 public:
  [[nodiscard]] double milliseconds() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_)
        .count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Limits how deeply scripts may read other scripts (.read).
class DepthScope {
 public:
  explicit DepthScope(int& depth) : depth_(depth) {
    if (depth_ == kMaxDepth) throw CommandError("too many scripts read one another");
    ++depth_;
  }
  DepthScope(const DepthScope&) = delete;
  DepthScope& operator=(const DepthScope&) = delete;
  ~DepthScope() { --depth_; }

 private:
  int& depth_;
};

std::string_view line_at(std::string_view text, std::size_t offset) {
  const std::size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
  return text.substr(start, text.find('\n', start) - start);
}

std::vector<std::string> column_names(const Statement& statement) {
  std::vector<std::string> names(static_cast<std::size_t>(statement.column_count()));
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = statement.column_name(static_cast<int>(i));
  }
  return names;
}

}  // namespace

Shell::Shell(CurrentDatabase& database, Interrupts& interrupts, Settings settings)
    : database_(database), interrupts_(interrupts), settings_(std::move(settings)) {}

Outcome Shell::run_script(std::istream& script, const std::string& name) {
  const DepthScope depth(depth_);
  ScriptReader reader;
  Outcome outcome = Outcome::proceed;
  bool failed = false;
  const auto goes_on = [&] {
    if (outcome == Outcome::failed) return !settings_.bail && !interrupts_.requested();
    return outcome == Outcome::proceed;
  };
  const auto run_one = [&](const std::optional<Chunk>& chunk) {
    if (!chunk.has_value()) return;
    const std::optional<Failure> failure = run(*chunk, outcome);
    if (outcome == Outcome::failed) failed = script_failed_ = true;
    if (!failure.has_value()) return;
    const Position at = locate(chunk->text, failure->offset, chunk->line);
    out().flush();
    std::cerr << name << ':' << at.line << ':' << at.column << ": error: " << failure->message
              << '\n';
  };
  for (std::string line; goes_on() && std::getline(script, line);) run_one(reader.add(line));
  if (goes_on()) run_one(reader.finish());
  return outcome == Outcome::proceed && failed ? Outcome::failed : outcome;
}

Outcome Shell::run_typed(const Chunk& chunk) {
  Outcome outcome = Outcome::proceed;
  const std::optional<Failure> failure = run(chunk, outcome);
  out().flush();
  if (!failure.has_value()) return outcome;
  if (interrupts_.requested()) std::cerr << '\n';  // after the ^C that the terminal shows
  std::cerr << "error: " << failure->message << '\n';
  if (chunk.kind == Chunk::Kind::sql && failure->offset > 0) {
    const std::string_view line = line_at(chunk.text, failure->offset);
    const auto before = static_cast<std::size_t>(chunk.text.data() + failure->offset - line.data());
    std::cerr << "  " << printable(line) << "\n  "
              << std::string(display_width(printable(line.substr(0, before))), ' ') << "^\n";
  }
  return outcome;
}

template <typename Work>
std::optional<Shell::Failure> Shell::caught(const Work& work) {
  try {
    return work();
  } catch (const CommandError& error) {
    return Failure{error.what(), 0};
  } catch (const Error& error) {
    return Failure{error.message(), 0};
  }
}

std::optional<Shell::Failure> Shell::run(const Chunk& chunk, Outcome& outcome) {
  outcome = Outcome::proceed;
  if (settings_.echo) out() << chunk.text << (chunk.text.ends_with('\n') ? "" : "\n");
  output_.command_begins();
  std::optional<Failure> failure = caught([&]() -> std::optional<Failure> {
    database_.look_for_file();
    return run_chunk(chunk, outcome);
  });
  const std::optional<Failure> lost = caught([&]() -> std::optional<Failure> {
    output_.command_ends();
    return std::nullopt;
  });
  if (!failure.has_value()) failure = lost;
  if (failure.has_value()) outcome = Outcome::failed;
  return failure;
}

std::optional<Shell::Failure> Shell::run_chunk(const Chunk& chunk, Outcome& outcome) {
  const Interrupts::Scope interruptible(interrupts_, connection());
  if (chunk.kind == Chunk::Kind::command) {
    outcome = run_dot_command(*this, chunk.text);
    return std::nullopt;
  }
  std::optional<Failure> failure = run_sql(chunk.text);
  if (!failure.has_value() && settings_.changes) {
    out() << "changes: " << connection().changes()
          << "   total_changes: " << connection().total_changes() << '\n';
  }
  return failure;
}

std::optional<Shell::Failure> Shell::run_sql(std::string_view text) {
  for (std::size_t at = skip_blank(text); at < text.size();) {
    if (interrupts_.requested()) return Failure{"interrupted", at};
    const std::string_view rest = text.substr(at);
    try {
      std::string_view tail;
      std::optional<Statement> statement = compile(rest, &tail);
      if (!statement.has_value()) return std::nullopt;
      execute(*statement);
      at = text.size() - tail.size();
    } catch (const Error& error) {
      const int offset = error.sql_offset();
      return Failure{error.message(), at + (offset < 0 ? 0 : static_cast<std::size_t>(offset))};
    }
    at += skip_blank(text.substr(at));
  }
  return std::nullopt;
}

std::optional<Statement> Shell::compile(std::string_view sql, std::string_view* tail) {
  std::optional<Statement> statement = connection().first(sql, *tail);
  if (!statement.has_value() || !database_.creates_file(*statement)) return statement;
  statement.reset();
  return database_.writable().first(sql, *tail);
}

void Shell::execute(Statement& statement) {
  const Stopwatch stopwatch;
  std::vector<Value> values = parameters_.values_for(statement);
  bind_values(statement, values);
  write_rows(statement);
  if (database_.missing()) database_.remember(statement, std::move(values));
  if (settings_.timer) {
    out().flush();
    std::cerr << "time: " << std::fixed << std::setprecision(3) << stopwatch.milliseconds()
              << " ms\n";
  }
}

void Shell::write_rows(Statement& statement) {
  // The first step comes before begin(): it may fail, and it recompiles the statement, possibly
  // with other columns, if the schema has changed. Of a server's statement it tells the columns.
  Step step = statement.step();
  if (statement.column_count() == 0) return;
  const auto formatter = make_formatter(settings_.style, out());
  formatter->begin(column_names(statement));
  try {
    for (; step == Step::row; step = statement.step()) formatter->row(statement.row());
  } catch (const Error&) {
    formatter->fail();
    throw;
  }
  formatter->end();
}

}  // namespace libsql::shell
