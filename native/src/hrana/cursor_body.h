// The decoder of an HTTP cursor, whatever its encoding: frames, then entries, then their order.
#ifndef LIBSQL_HRANA_CURSOR_BODY_H_
#define LIBSQL_HRANA_CURSOR_BODY_H_

#include <optional>
#include <span>
#include <string_view>

#include "hrana/codec.h"
#include "hrana/cursor_order.h"
#include "hrana/frames.h"

namespace libsql::hrana {

class CursorBody : public CursorReader {
 public:
  CursorBody(Framing framing, std::size_t max_bytes, std::size_t padding, Receiver& receiver)
      : frames_(framing, max_bytes, padding), order_(receiver) {}

  void add(std::string_view bytes) override { frames_.add(bytes); }
  bool next() override;
  void finish() override;
  [[nodiscard]] const std::optional<Head>& head() const noexcept override { return head_; }

 protected:
  [[nodiscard]] virtual StreamHead decode_head(std::span<char> frame) = 0;
  virtual void decode_entry(std::span<char> frame, Receiver& receiver) = 0;

 private:
  void take(std::span<char> frame);

  Frames frames_;
  CursorOrder order_;
  std::optional<Head> head_;
};

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_CURSOR_BODY_H_
