// Reading JSON with simdjson's On-Demand parser, which walks the text once and builds no tree: the
// only header of this folder that knows simdjson's types, for the decoders of JSON alone.
//
// The parser checks UTF-8, quotes and control characters of the whole text first; brackets and
// literals only of what is read. Members of an object may come in any order.
#ifndef LIBSQL_HRANA_JSON_READER_H_
#define LIBSQL_HRANA_JSON_READER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "hrana/limits.h"
#include "hrana/malformed.h"
#include "hrana/receiver.h"
#include "libsql/value.h"
#include "simdjson.h"

namespace libsql::hrana::json {

namespace ondemand = simdjson::ondemand;

// A text that is read in place: `size` bytes with at least simdjson::SIMDJSON_PADDING behind them.
struct PaddedText {
  char* data;
  std::size_t size;
  std::size_t capacity;
};

class Reader {
 public:
  explicit Reader(const Limits& limits) : limits_(limits) {}

  // Calls `read(object)` with the object that `body` is. Views that were read hold until the next
  // call.
  void read(std::string& body, auto&& read_object) {
    if (body.size() <= limits_.max_bytes) body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    read({body.data(), body.size(), body.capacity()}, read_object);
  }
  void read(PaddedText text, auto&& read_object) {
    try {
      open(text);
      ondemand::object object = root();
      read_object(object);
      close(object);
    } catch (const simdjson::simdjson_error& error) {
      throw Malformed(Fault::not_json, "", simdjson::error_message(error.error()));
    }
  }

  // Members by type. `name` is the member's name, for the error. Errors: wrong_type.
  [[nodiscard]] ondemand::object object_of(std::string_view name, ondemand::value value);
  [[nodiscard]] ondemand::array array_of(std::string_view name, ondemand::value value);
  [[nodiscard]] std::string_view text(std::string_view name, ondemand::value value);
  [[nodiscard]] OptionalText optional_text(std::string_view name, ondemand::value value);
  [[nodiscard]] bool boolean(std::string_view name, ondemand::value value);
  [[nodiscard]] double number(std::string_view name, ondemand::value value);
  // Errors also: out_of_range.
  [[nodiscard]] std::int32_t int32(std::string_view name, ondemand::value value);
  [[nodiscard]] std::uint32_t uint32(std::string_view name, ondemand::value value);
  [[nodiscard]] std::uint64_t uint64(std::string_view name, ondemand::value value);
  // A number, its digits in a string, or null, as different servers write it.
  [[nodiscard]] std::optional<std::int64_t> loose_int64(std::string_view name,
                                                        ondemand::value value);
  [[nodiscard]] std::optional<std::uint64_t> loose_uint64(std::string_view name,
                                                          ondemand::value value);
  // A Value of Hrana.
  [[nodiscard]] ValueView sql_value(ondemand::value value);
  // An Error of Hrana.
  [[nodiscard]] ErrorView error(ondemand::value value);

  // The member of that name; the search goes once around the object. Nothing if absent.
  [[nodiscard]] static std::optional<ondemand::value> find(ondemand::object& object,
                                                           std::string_view name);
  // Errors: missing.
  [[nodiscard]] static ondemand::value need(ondemand::object& object, std::string_view name);
  [[nodiscard]] static bool is_null(ondemand::value value);
  // What a loop over an object gives.
  [[nodiscard]] static ondemand::field field_of(
      const simdjson::simdjson_result<ondemand::field>& member);

  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }

 private:
  struct Scalar;

  void open(PaddedText text);
  [[nodiscard]] ondemand::object root();
  void close(ondemand::object& object);
  [[nodiscard]] Scalar scalar(ondemand::value value);
  [[nodiscard]] ValueView combine(std::string_view type, const Scalar& content);
  [[nodiscard]] ValueView blob(const Scalar& content);
  [[nodiscard]] char* writable(std::string_view text);

  Limits limits_;
  ondemand::parser parser_;
  ondemand::document document_;
  PaddedText text_{};
  // Blobs whose base64 was written with escapes, and so could not be decoded in place.
  std::deque<std::string> kept_;
};

}  // namespace libsql::hrana::json

#endif  // LIBSQL_HRANA_JSON_READER_H_
