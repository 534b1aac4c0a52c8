// Statements in, formatted rows and located errors out.
#include "shell/shell.h"

#include <chrono>
#include <iomanip>
#include <iostream>
#include <utility>
#include <vector>

#include "libsql/error.h"
#include "shell/dot_commands.h"
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

// Ends the result even if a step throws, so that what was written is well formed.
class OpenResult {
 public:
  OpenResult(Formatter& formatter, const std::vector<std::string>& columns)
      : formatter_(formatter) {
    formatter_.begin(columns);
  }
  OpenResult(const OpenResult&) = delete;
  OpenResult& operator=(const OpenResult&) = delete;
  ~OpenResult() { formatter_.end(); }

 private:
  Formatter& formatter_;
};

std::string_view line_at(std::string_view text, std::size_t offset) {
  const std::size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
  return text.substr(start, text.find('\n', start) - start);
}

}  // namespace

Shell::Shell(Connection& connection, Interrupts& interrupts, Settings settings)
    : connection_(connection), interrupts_(interrupts), settings_(settings) {
  // interrupt() does nothing between two statements; the one that follows must not run then.
  connection_.set_cancel_check([&interrupts] { return interrupts.requested(); });
}

std::ostream& Shell::out() noexcept {
  if (file_.is_open()) return file_;
  return std::cout;
}

void Shell::set_output(const std::string& path) {
  out().flush();
  const bool lost = file_.is_open() && !file_;
  file_ = std::ofstream();
  if (lost) throw CommandError("the output file could not be written completely");
  if (path.empty()) return;
  file_.open(path, std::ios::binary);
  if (!file_) {
    file_ = std::ofstream();
    throw CommandError("cannot write to " + path);
  }
}

Outcome Shell::run_script(std::istream& script, const std::string& name) {
  if (depth_ == kMaxDepth) throw CommandError("too many scripts read one another");
  ++depth_;
  ScriptReader reader;
  Outcome outcome = Outcome::proceed;
  const auto run_chunk = [&](const std::optional<Chunk>& chunk) {
    if (!chunk.has_value()) return;
    const std::optional<Failure> failure = run(*chunk, outcome);
    if (!failure.has_value()) return;
    const Position at = locate(chunk->text, failure->offset, chunk->line);
    out().flush();
    std::cerr << name << ':' << at.line << ':' << at.column << ": error: " << failure->message
              << '\n';
  };
  for (std::string line; outcome == Outcome::proceed && std::getline(script, line);) {
    run_chunk(reader.add(line));
  }
  if (outcome == Outcome::proceed) run_chunk(reader.finish());
  --depth_;
  return outcome;
}

Outcome Shell::run_typed(const Chunk& chunk) {
  Outcome outcome = Outcome::proceed;
  const std::optional<Failure> failure = run(chunk, outcome);
  out().flush();
  if (!failure.has_value()) return outcome;
  std::cerr << "error: " << failure->message << '\n';
  if (chunk.kind == Chunk::Kind::sql && failure->offset > 0) {
    const std::string_view line = line_at(chunk.text, failure->offset);
    const auto before = static_cast<std::size_t>(chunk.text.data() + failure->offset - line.data());
    std::cerr << "  " << printable(line) << "\n  "
              << std::string(display_width(printable(line.substr(0, before))), ' ') << "^\n";
  }
  return outcome;
}

std::optional<Shell::Failure> Shell::run(const Chunk& chunk, Outcome& outcome) {
  const Interrupts::Scope interruptible(interrupts_, connection_);
  if (chunk.kind == Chunk::Kind::sql) {
    auto failure = run_sql(chunk.text);
    if (failure.has_value()) outcome = Outcome::failed;
    return failure;
  }
  try {
    outcome = run_dot_command(*this, chunk.text);
    return std::nullopt;
  } catch (const CommandError& error) {
    outcome = Outcome::failed;
    return Failure{error.what(), 0};
  } catch (const Error& error) {
    outcome = Outcome::failed;
    return Failure{error.message(), 0};
  }
}

std::optional<Shell::Failure> Shell::run_sql(std::string_view text) {
  for (std::size_t at = skip_blank(text); at < text.size();) {
    if (interrupts_.requested()) return Failure{"interrupted", at};
    const std::string_view rest = text.substr(at);
    try {
      std::string_view tail;
      std::optional<Statement> statement = connection_.first(rest, &tail);
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

void Shell::execute(Statement& statement) {
  const Stopwatch stopwatch;
  if (statement.column_count() == 0) {
    statement.execute();
  } else {
    std::vector<std::string> columns;
    columns.reserve(static_cast<std::size_t>(statement.column_count()));
    for (int i = 0; i < statement.column_count(); ++i) {
      columns.emplace_back(statement.column_name(i));
    }
    const auto formatter = make_formatter(settings_.mode, show_headers(), out());
    const OpenResult result(*formatter, columns);
    while (statement.step() == Step::row) formatter->row(statement.row());
  }
  if (settings_.timer) {
    out().flush();
    std::cerr << "time: " << std::fixed << std::setprecision(3) << stopwatch.milliseconds()
              << " ms\n";
  }
}

bool Shell::show_headers() const noexcept {
  return settings_.headers.value_or(settings_.mode == Mode::table ||
                                    settings_.mode == Mode::markdown);
}

}  // namespace libsql::shell
