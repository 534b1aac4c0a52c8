#include "remote/event_stream.h"

#include <utility>

namespace libsql::remote {

bool EventStream::read(std::string_view bytes, std::vector<ServerEvent>& events) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > kMaxBytes) return false;
    line_ += piece;
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end + 1);
    if (!end_line(events)) return false;
  }
  return true;
}

bool EventStream::end_line(std::vector<ServerEvent>& events) {
  const std::string line = std::exchange(line_, {});
  std::string_view rest = line;
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  if (rest.empty()) {
    ServerEvent event = std::exchange(event_, {});
    if (std::exchange(has_data_, false)) events.push_back(std::move(event));
    return true;
  }
  const std::size_t colon = rest.find(':');
  const std::string_view field = rest.substr(0, colon);
  rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  if (field == "event") {
    event_.name = rest;
  } else if (field == "data") {
    if (event_.data.size() + rest.size() > kMaxBytes) return false;
    if (std::exchange(has_data_, true)) event_.data += '\n';
    event_.data += rest;
  }
  return true;
}

}  // namespace libsql::remote
