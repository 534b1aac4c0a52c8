#include "hrana/cursor_body.h"

#include "hrana/malformed.h"

namespace libsql::hrana {

bool CursorBody::next() {
  const auto frame = frames_.next();
  if (frame) take(*frame);
  return frame.has_value();
}

void CursorBody::take(std::span<char> frame) {
  if (head_) {
    decode_entry(frame, order_);
    return;
  }
  const StreamHead head = decode_head(frame);
  head_.emplace();
  if (head.baton) head_->baton.emplace(*head.baton);
  if (head.base_url) head_->base_url.emplace(*head.base_url);
}

void CursorBody::finish() {
  if (const auto frame = frames_.last()) take(*frame);
  if (frames_.partial()) {
    throw Malformed(Fault::truncated, "cursor", "the body ended inside an entry");
  }
  if (!head_) throw Malformed(Fault::truncated, "cursor", "the body ended before its head");
  order_.finish();
}

}  // namespace libsql::hrana
