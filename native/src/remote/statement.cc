#include "remote/statement.h"

#include <algorithm>
#include <utility>

#include "core/sql_parameters.h"
#include "libsql/error.h"
#include "libsql/receiver.h"

namespace libsql::remote {

namespace {

constexpr std::size_t kPortion = 256;

}  // namespace

// Keeps an answer and waits for its end.
class RemoteStatement::Collector final : public Receiver {
 public:
  void columns(std::span<const std::string_view> given) override {
    names.assign(given.begin(), given.end());
    has_columns = true;
  }
  bool row(std::span<const ValueView> values) override {
    std::vector<Value>& copy = rows.emplace_back();
    copy.reserve(values.size());
    for (const ValueView& value : values) copy.push_back(value.to_value());
    return true;
  }
  void done(StatementKind kind, std::int64_t count) override {
    if (is_dml(kind)) changes = count;
  }
  void described(const StatementDescription& given) override { description = given; }
  void opened(CursorId id) override { cursor = id; }
  void portion(std::int64_t /*rows*/, bool is_last) override { last = is_last; }
  void finished(const Error* error, const SessionState& /*state*/) noexcept override {
    if (error != nullptr) error_ = *error;
    const core::MutexLock lock(mutex_);
    has_ended_ = true;
    ended_.notify_all();
  }
  // It outlives the request: run() waits for the end.
  std::shared_ptr<Receiver> detach() override { return {std::shared_ptr<void>(), this}; }

  // Errors: the request's.
  void run(SessionCore& core, const Request& request) {
    core.start(request, {}, *this);
    {
      core::MutexLock lock(mutex_);
      while (!has_ended_) ended_.wait(lock);
    }
    if (error_) throw Error(*error_);
  }

  bool has_columns = false;
  std::vector<std::string> names;
  std::deque<std::vector<Value>> rows;
  std::int64_t changes = 0;
  std::optional<StatementDescription> description;
  std::optional<CursorId> cursor;
  bool last = true;

 private:
  core::Mutex mutex_;
  core::CondVar ended_;
  bool has_ended_ LIBSQL_GUARDED_BY(mutex_) = false;
  std::optional<Error> error_;  // Written before `has_ended_` is set, read afterwards.
};

RemoteStatement::RemoteStatement(std::shared_ptr<SessionCore> core, std::string sql)
    : core_(std::move(core)),
      sql_(std::move(sql)),
      kind_(statement_kind(sql_)),
      parameters_(core::parameters_of(sql_).value_or(std::vector<std::string_view>())),
      values_(parameters_.size()) {}

RemoteStatement::~RemoteStatement() { close_cursor(); }

bool RemoteStatement::read_only() const { return kind_ == StatementKind::select; }

StatementCounters RemoteStatement::counters() const {
  throw Error(ErrorKind::unsupported, "a server does not count what a statement costs");
}

int RemoteStatement::parameter_count() const { return static_cast<int>(parameters_.size()); }

std::string_view RemoteStatement::parameter_name(int index) const {
  return parameters_[static_cast<std::size_t>(index - 1)];
}

int RemoteStatement::parameter_index(std::string_view name) const {
  const auto found = std::ranges::find(parameters_, name);
  if (name.empty() || found == parameters_.end()) return 0;
  return static_cast<int>(found - parameters_.begin()) + 1;
}

int RemoteStatement::run_column_count() const {
  if (has_columns_) return static_cast<int>(columns_.size());
  return static_cast<int>(description().columns.size());
}

std::string_view RemoteStatement::run_column_name(int index) const {
  const auto place = static_cast<std::size_t>(index);
  return has_columns_ ? std::string_view(columns_[place]) : description().columns[place].name;
}

int RemoteStatement::column_count() { return run_column_count(); }
std::string_view RemoteStatement::column_name(int index) { return run_column_name(index); }
std::vector<ColumnInfo> RemoteStatement::columns() { return description().columns; }

const StatementDescription& RemoteStatement::description() const {
  if (!description_) {
    Collector collector;
    collector.run(*core_, request::Describe{std::string_view(sql_)});
    description_ = std::move(collector.description);
  }
  return *description_;
}

void RemoteStatement::bind(int index, const ValueView& value) {
  if (running_) reset();
  values_[static_cast<std::size_t>(index - 1)] = value;
}

void RemoteStatement::clear_bindings() {
  if (running_) reset();
  std::ranges::fill(values_, ValueView());
}

void RemoteStatement::take(Collector& collected) {
  if (collected.has_columns) {
    columns_ = std::move(collected.names);
    has_columns_ = true;
    description_.reset();  // The session has it, unless the schema has changed.
  }
  rows_ = std::move(collected.rows);
  last_ = collected.last;
}

void RemoteStatement::run() {
  PositionalParameters parameters(values_);
  Collector collector;
  collector.run(*core_, request::Execute{{std::string_view(sql_), &parameters}});
  if (!collector.has_columns) has_columns_ = true;
  take(collector);
  changes_ = collector.changes;
}

void RemoteStatement::open_cursor() {
  PositionalParameters parameters(values_);
  Collector collector;
  collector.run(*core_, request::OpenCursor{{std::string_view(sql_), &parameters}});
  cursor_ = collector.cursor;
  last_ = false;
}

// False at the end.
bool RemoteStatement::fetch() {
  if (!cursor_ || last_) return false;
  Collector collector;
  collector.run(*core_, request::Fetch{*cursor_, kPortion});
  take(collector);
  return true;
}

void RemoteStatement::close_cursor() noexcept {
  if (!cursor_) return;
  try {
    Collector collector;
    collector.run(*core_, request::CloseCursor{*std::exchange(cursor_, std::nullopt)});
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): it has ended already
  }
}

Step RemoteStatement::step() {
  if (!running_) {
    changes_ = 0;
    is_cursor_ ? open_cursor() : run();
    running_ = true;
  }
  while (rows_.empty() && fetch()) {
  }
  if (rows_.empty()) {
    reset();
    return Step::done;
  }
  row_ = std::move(rows_.front());
  rows_.pop_front();
  row_views_.assign(row_.begin(), row_.end());
  return Step::row;
}

void RemoteStatement::reset() noexcept {
  running_ = false;
  rows_.clear();
  row_.clear();
  row_views_.clear();
  last_ = true;
  close_cursor();
}

}  // namespace libsql::remote
