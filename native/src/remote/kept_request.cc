#include "remote/kept_request.h"

#include <cstddef>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/sql_parameters.h"
#include "libsql/value.h"

namespace libsql::remote {

namespace {

class KeptParameters final : public Parameters {
 public:
  // Of those that are found by name, the ones that the statement has.
  KeptParameters(Parameters& original, std::string_view sql) : by_name_(original.by_name()) {
    if (!by_name_) {
      for (const ValueView& value : original.values()) values_.push_back(value.to_value());
      views_.assign(values_.begin(), values_.end());
      return;
    }
    for (const std::string_view name :
         core::parameters_of(sql).value_or(std::vector<std::string_view>())) {
      ValueView value;
      if (!name.empty() && original.find(name, value)) {
        names_.emplace_back(name);
        values_.push_back(value.to_value());
      }
    }
  }

  [[nodiscard]] bool by_name() const override { return by_name_; }
  [[nodiscard]] std::span<const ValueView> values() override { return views_; }
  [[nodiscard]] bool find(std::string_view name, ValueView& value) override {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] != name) continue;
      value = ValueView(values_[i]);
      return true;
    }
    return false;
  }

 private:
  const bool by_name_;
  std::vector<std::string> names_;
  std::vector<Value> values_;
  std::vector<ValueView> views_;
};

// A command, or what was thrown in its place.
struct KeptCommand {
  std::string sql;
  std::optional<StatementId> id;
  std::unique_ptr<KeptParameters> parameters;
  bool cache = true;
  std::exception_ptr failure;

  [[nodiscard]] Command command() const {
    if (failure) std::rethrow_exception(failure);
    Command command;
    command.statement = std::string_view(sql);
    if (id) command.statement = *id;
    command.parameters = parameters.get();
    command.cache = cache;
    return command;
  }
};

}  // namespace

class KeptRequest::Content final : public Commands {
 public:
  Content(const Request& original, const TextOf& text_of) : text_of_(text_of), request_(original) {
    std::visit([&](auto& one) { keep(one); }, request_);
  }
  [[nodiscard]] const Request& request() const noexcept { return request_; }

  void rewind() override { next_ = 0; }
  bool next(Command& command) override {
    if (next_ == commands_.size()) return false;
    command = commands_[next_++].command();
    return true;
  }

 private:
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }

  [[nodiscard]] KeptCommand kept(const Command& command) const {
    KeptCommand copy;
    copy.cache = command.cache;
    std::string sql;
    if (const auto* id = std::get_if<StatementId>(&command.statement)) {
      copy.id = *id;
      sql = text_of_(*id);
    } else {
      sql = std::get<std::string_view>(command.statement);
      copy.sql = sql;
    }
    if (command.parameters != nullptr) {
      copy.parameters = std::make_unique<KeptParameters>(*command.parameters, sql);
    }
    return copy;
  }
  Command keep(const Command& command) { return commands_.emplace_back(kept(command)).command(); }

  void keep(request::Execute& one) { one.command = keep(one.command); }
  void keep(request::OpenCursor& one) { one.command = keep(one.command); }
  void keep(const request::Batch& one) {
    Commands& members = one.members;
    const OnError on_error = one.on_error;
    members.rewind();
    for (;;) {
      try {
        Command command;
        if (!members.next(command)) break;
        commands_.push_back(kept(command));
      } catch (...) {
        commands_.emplace_back().failure = std::current_exception();
      }
    }
    request_.emplace<request::Batch>(request::Batch{*this, on_error});
  }
  void keep(request::Script& one) { one.sql = keep(one.sql); }
  void keep(request::Check& one) { one.sql = keep(one.sql); }
  void keep(request::Uncache& one) { one.sql = keep(one.sql); }
  void keep(request::Prepare& one) { one.sql = keep(one.sql); }
  void keep(request::Describe& one) {
    if (auto* sql = std::get_if<std::string_view>(&one.statement)) *sql = keep(*sql);
  }
  void keep(request::Savepoint& one) { one.name = keep(one.name); }
  void keep(request::Listen& one) { one.table = keep(one.table); }
  // The others own what they say.
  template <typename Other>
  void keep(const Other& /*one*/) {}

  const TextOf& text_of_;  // Used by the constructor only.
  Request request_;
  std::deque<std::string> texts_;
  std::deque<KeptCommand> commands_;
  std::size_t next_ = 0;
};

KeptRequest::KeptRequest(const Request& request, const TextOf& text_of)
    : content_(std::make_unique<Content>(request, text_of)) {}
KeptRequest::~KeptRequest() = default;

const Request& KeptRequest::request() const noexcept { return content_->request(); }

}  // namespace libsql::remote
