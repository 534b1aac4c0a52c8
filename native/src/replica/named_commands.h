// Prepared statements of a replica's session: texts under numbers, since both sides are asked by
// text.
#ifndef LIBSQL_REPLICA_NAMED_COMMANDS_H_
#define LIBSQL_REPLICA_NAMED_COMMANDS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "core/mutex.h"
#include "libsql/error.h"
#include "libsql/request.h"

namespace libsql::replica {

// Threads: thread-safe.
class StatementTexts {
 public:
  using Text = std::shared_ptr<const std::string>;

  [[nodiscard]] StatementId add(std::string_view sql) LIBSQL_EXCLUDES(mutex_) {
    auto text = std::make_shared<const std::string>(sql);
    const core::MutexLock lock(mutex_);
    texts_.emplace(++latest_, std::move(text));
    return StatementId{latest_};
  }
  // Errors: unknown_statement.
  [[nodiscard]] Text find(StatementId id) const LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    const auto found = texts_.find(static_cast<std::uint64_t>(id));
    if (found == texts_.end()) throw Error(ErrorKind::unknown_statement, "Statement not found");
    return found->second;
  }
  // False if there is none.
  bool remove(StatementId id) noexcept LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    return texts_.erase(static_cast<std::uint64_t>(id)) != 0;
  }

 private:
  mutable core::Mutex mutex_;
  std::uint64_t latest_ LIBSQL_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, Text> texts_ LIBSQL_GUARDED_BY(mutex_);
};

// The text of a statement, which lives as long as this object, or where it was given.
class TextOf {
 public:
  // Errors: unknown_statement.
  TextOf(const std::variant<std::string_view, StatementId>& statement,
         const StatementTexts& texts) {
    if (const auto* id = std::get_if<StatementId>(&statement)) {
      kept_ = texts.find(*id);
      text_ = *kept_;
    } else {
      text_ = std::get<std::string_view>(statement);
    }
  }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

 private:
  StatementTexts::Text kept_;
  std::string_view text_;
};

// The members of a batch by text. Lifetime: borrows both.
class NamedCommands final : public Commands {
 public:
  NamedCommands(Commands& commands, const StatementTexts& texts) noexcept
      : commands_(commands), texts_(texts) {}
  void rewind() override { commands_.rewind(); }
  bool next(Command& command) override {
    if (!commands_.next(command)) return false;
    if (const auto* id = std::get_if<StatementId>(&command.statement)) {
      kept_ = texts_.find(*id);
      command.statement = std::string_view(*kept_);
    }
    return true;
  }

 private:
  Commands& commands_;
  const StatementTexts& texts_;
  StatementTexts::Text kept_;  // Of the latest member.
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_NAMED_COMMANDS_H_
