// Server-sent events: splits the bytes of a body into events as they arrive.
#ifndef LIBSQL_REMOTE_EVENT_STREAM_H_
#define LIBSQL_REMOTE_EVENT_STREAM_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::remote {

struct ServerEvent {
  std::string name;
  std::string data;  // Of several lines, joined by line feeds.
};

// Reads `event:` and `data:`; comments, `id:` and `retry:` are skipped. Lines end with LF or CR LF.
// Source: html.spec.whatwg.org/multipage/server-sent-events.html
//
// Threads: thread-compatible.
class EventStream {
 public:
  // A line, and the data of an event, may have this many bytes.
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 10;

  // Adds the events that end in these bytes. False: a line or an event is too long; what follows
  // cannot be read.
  [[nodiscard]] bool read(std::string_view bytes, std::vector<ServerEvent>& events);

 private:
  [[nodiscard]] bool end_line(std::vector<ServerEvent>& events);

  std::string line_;
  ServerEvent event_;
  bool has_data_ = false;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_EVENT_STREAM_H_
