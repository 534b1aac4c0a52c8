// What the writers of both encodings share: a row that cannot be sent becomes an error of its step.
#ifndef LIBSQL_HRANA_CHECKED_WRITER_H_
#define LIBSQL_HRANA_CHECKED_WRITER_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "hrana/codec.h"

namespace libsql::hrana {

class CheckedWriter : public AnswerWriter {
 public:
  void step_begin(std::uint32_t step, std::span<const Column> columns) final;
  bool row(std::span<const ValueView> values) final;
  void step_end(const StepEnd& end) final;
  void step_error(std::uint32_t step, const ErrorView& error) final;

 protected:
  // Why the encoding cannot carry the value, or an empty text.
  [[nodiscard]] virtual std::string_view why_not(const ValueView& value) const noexcept = 0;
  virtual void put_step_begin(std::uint32_t step, std::span<const Column> columns) = 0;
  virtual void put_row(std::span<const ValueView> values) = 0;
  virtual void put_step_end(const StepEnd& end) = 0;
  // The step may have begun; what was written of it is undone where nobody has read it yet.
  virtual void put_step_error(std::uint32_t step, const ErrorView& error) = 0;

 private:
  std::uint32_t step_ = 0;
  bool failed_ = false;  // The step is an error already.
};

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_CHECKED_WRITER_H_
