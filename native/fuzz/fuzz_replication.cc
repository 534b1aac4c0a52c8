// Answers of the three pull protocols: whatever the bytes are, they are read or refused, the same
// in whatever pieces they arrive.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "hrana/malformed.h"
#include "replica/generations.h"
#include "replica/grpc_web.h"
#include "replica/page_updates.h"
#include "replica/replication_log.h"

namespace libsql::fuzz {
namespace {

using replica::ConstBytes;

// What a reader made of a body, as text.
template <typename Read>
std::string outcome(std::string_view body, std::size_t piece, const Read& read) {
  std::string seen;
  try {
    read(body, piece, seen);
  } catch (const hrana::Malformed& error) {
    seen += "; " + std::string(hrana::to_string(error.fault()));
  }
  return seen;
}

template <typename Feed>
void in_pieces(std::string_view body, std::size_t size, const Feed& feed) {
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) feed(body.substr(0, size));
}

void note(std::string& seen, std::uint64_t page, std::uint64_t size, ConstBytes image) {
  check(image.size() == replica::kPageSize, "a page has 4096 bytes");
  seen += std::to_string(page) + "/" + std::to_string(size) + ",";
}

void log(std::string_view body, std::size_t piece, std::string& seen) {
  replica::GrpcWebReader web;
  replica::FramesReader frames;
  const auto frame = [&](const replica::LogFrame& f) { note(seen, f.page, f.size_after, f.image); };
  const replica::GrpcWebReader::Sink sink{
      [&](std::string_view bytes) { frames.feed(bytes, frame); }, [&] { seen += "|"; }};
  in_pieces(body, piece, [&](std::string_view part) { web.feed(part, sink); });
  web.finish();
  frames.finish();
  if (web.status()) seen += std::to_string(web.status()->code) + web.status()->message;
}

void generations(std::string_view body, std::size_t piece, std::string& seen) {
  replica::GenerationFramesReader reader;
  in_pieces(body, piece, [&](std::string_view part) {
    reader.feed(part, [&](const replica::GenerationFrame& f) {
      note(seen, f.page, f.size_after, f.image);
    });
  });
  reader.finish();
}

void updates(std::string_view body, std::size_t piece, std::string& seen) {
  replica::UpdatesReader reader;
  const replica::UpdatesReader::Sink sink{
      [&](const replica::UpdatesHeader& header) { seen += header.revision + ":"; },
      [&](replica::PageNumber number, ConstBytes image) { note(seen, number, 0, image); }};
  in_pieces(body, piece, [&](std::string_view part) { reader.feed(part, sink); });
  reader.finish();
}

void messages(std::string_view body, std::size_t /*piece*/, std::string& seen) {
  if (!body.empty() && body.front() == '{') {
    seen += std::to_string(replica::read_current_generation(std::string(body)));
  } else {
    seen += replica::read_hello(body).log_id;
  }
}

template <typename Read>
void check_pieces(std::string_view body, std::size_t piece, const Read& read) {
  const std::string whole = outcome(body, std::max<std::size_t>(body.size(), 1), read);
  check(outcome(body, piece, read) == whole, "pieces make no difference");
}

}  // namespace
}  // namespace libsql::fuzz

// The first byte chooses the protocol, the second the size of the pieces.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = libsql::fuzz;
  if (size < 2) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t piece = std::size_t{data[1]} + 1;
  switch (data[0] % 4) {
    case 0:
      fuzz::check_pieces(body, piece, fuzz::log);
      break;
    case 1:
      fuzz::check_pieces(body, piece, fuzz::generations);
      break;
    case 2:
      fuzz::check_pieces(body, piece, fuzz::updates);
      break;
    default:
      fuzz::check_pieces(body, piece, fuzz::messages);
  }
  return 0;
}
