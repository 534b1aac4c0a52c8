#include "reply.h"

#include <exception>

#include "failure.h"

namespace libsql::nif {

namespace {

// Texts and blobs of one result that are read on a normal scheduler, in bytes.
constexpr std::size_t kInlineResult = std::size_t{256} * 1024;

// What was interrupted because the caller's time was over. What the session knows stays true.
Error timed_out(const Error& error) {
  return Error(ErrorKind::timeout, "interrupted: the timeout passed before the answer came",
               error.extended_code())
      .with_statement(error.statement())
      .with_recovery(error.recovery());
}

}  // namespace

void ResultEncoder::columns(std::span<const std::string_view> names) {
  rows_.emplace(env_, atoms_);
  columns_ = column_names(env_, names);
}

bool ResultEncoder::row(std::span<const ValueView> values) {
  rows_->add(values);
  return rows_->bytes() <= kInlineResult;
}

Term ResultEncoder::done(StatementKind kind, std::int64_t count) {
  if (!rows_) return without_rows(kind, count);
  const Term rows = rows_->list();
  rows_.reset();
  return make_tuple(env_, command_atom(atoms_, kind), columns_, rows, enif_make_int64(env_, count));
}

Term ResultEncoder::without_rows(StatementKind kind, std::int64_t count) {
  if (last_ == 0 || last_kind_ != kind || last_count_ != count) {
    last_kind_ = kind;
    last_count_ = count;
    last_ = make_tuple(env_, command_atom(atoms_, kind), atoms_.nil, atoms_.nil,
                       enif_make_int64(env_, count));
  }
  return last_;
}

Term Reply::failure(const Error& error) {
  return make_tuple(env_, atoms_.error, error_map(env_, atoms_, error));
}

void Reply::finished(const Error* error, const SessionState& state) noexcept {
  state_ = state;
  try {
    if (error == nullptr) {
      term_ = success(state);
    } else {
      const bool too_late = error->kind() == ErrorKind::interrupted && site_->gave_up();
      term_ = failure(too_late ? timed_out(*error) : *error);
    }
  } catch (...) {
    term_ = make_tuple(env_, atoms_.error,
                       error_map(env_, atoms_, Error(ErrorKind::out_of_memory, "out of memory")));
  }
  site_->answered();
}

}  // namespace libsql::nif
