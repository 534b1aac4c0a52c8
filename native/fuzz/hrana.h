// The claims about Hrana's codecs on arbitrary bytes, for either encoding: what decodes can be
// encoded and decodes to the same again, and a cursor gives the same events whatever its pieces.
#ifndef LIBSQL_FUZZ_HRANA_H_
#define LIBSQL_FUZZ_HRANA_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/check.h"
#include "hrana/codec.h"
#include "hrana/malformed.h"
#include "libsql/error.h"
#include "testing/hrana_trace.h"

namespace libsql::fuzz {

class HranaClaims {
 public:
  explicit HranaClaims(hrana::Encoding encoding) : encoding_(encoding) {}

  // The first byte chooses a decoder.
  void check_all(std::string_view input) const {
    if (input.empty()) return;
    const auto which = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    switch (which % 5) {
      case 0:
        check_request(input, [](auto& codec, auto& body) { return codec.decode_pipeline(body); });
        break;
      case 1:
        check_request(input, [](auto& codec, auto& body) { return codec.decode_cursor(body); });
        break;
      case 2:
        check_request(input, [](auto& codec, auto& body) { return codec.decode_message(body); });
        break;
      case 3:
        check_answers(input, which / 5);
        break;
      default:
        check_cursor(input, 1 + which / 5U);
    }
  }

 private:
  using Trace = libsql::testing::HranaTrace;

  // The message after decoding and encoding; nothing if it is malformed.
  template <typename Decode>
  [[nodiscard]] std::optional<std::string> again(std::string_view input,
                                                 const Decode& decode) const {
    std::string body(input);
    std::string out;
    const auto codec = hrana::make_server_codec(encoding_, kLimits);
    try {
      hrana::make_client_codec(encoding_)->encode(decode(*codec, body), out);
    } catch (const hrana::Malformed& malformed) {
      check(*malformed.what() != '\0', "an error has a message");
      return std::nullopt;
    } catch (const Error&) {
      return std::nullopt;  // An infinite number, which only Protobuf carries, is none of these.
    }
    return out;
  }

  template <typename Decode>
  void check_request(std::string_view input, const Decode& decode) const {
    const auto once = again(input, decode);
    if (!once) return;
    check(again(*once, decode) == once, "a request comes back");
  }

  // Six answers at most, whose types follow from a number.
  [[nodiscard]] static std::vector<hrana::Request> requests(unsigned number) {
    switch (number % 6) {
      case 0:
        return {hrana::Execute{}};
      case 1:
        return {hrana::RunBatch{}};
      case 2:
        return {hrana::Describe{}, hrana::GetAutocommit{}};
      case 3:
        return {hrana::RunBatch{}, hrana::GetAutocommit{}, hrana::CloseStream{}};
      case 4:
        return {hrana::Execute{}, hrana::Execute{}};
      default:
        return {};
    }
  }

  [[nodiscard]] std::optional<std::string> rewritten(std::string_view input,
                                                     unsigned number) const {
    std::string body(input);
    const auto client = hrana::make_client_codec(encoding_, kLimits);
    const auto server = hrana::make_server_codec(encoding_);
    const auto writer = server->write_pipeline();
    try {
      const auto head = client->decode_pipeline(body, requests(number), *writer);
      return server->pipeline_body(head, writer->take());
    } catch (const hrana::Malformed&) {
      return std::nullopt;
    }
  }

  void check_answers(std::string_view input, unsigned number) const {
    const auto once = rewritten(input, number);
    if (!once) return;
    check(rewritten(*once, number) == once, "answers come back");
  }

  [[nodiscard]] std::string cursor_events(std::string_view input, std::size_t piece) const {
    Trace trace;
    const auto reader = hrana::make_client_codec(encoding_, kLimits)->read_cursor(trace);
    try {
      for (std::size_t at = 0; at < input.size(); at += piece)
        reader->feed(input.substr(at, piece));
      reader->finish();
    } catch (const hrana::Malformed& malformed) {
      trace.line(malformed.what());
    }
    return trace.text();
  }

  void check_cursor(std::string_view input, std::size_t piece) const {
    check(cursor_events(input, input.size() + 1) == cursor_events(input, piece),
          "a cursor's events do not depend on its pieces");
  }

  static constexpr hrana::Limits kLimits{std::size_t{1} << 20, 20, 1000};

  hrana::Encoding encoding_;
};

}  // namespace libsql::fuzz

#endif  // LIBSQL_FUZZ_HRANA_H_
