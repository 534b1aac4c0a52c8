#include "hrana/json_reader.h"

#include <charconv>
#include <limits>

#include "hrana/base64.h"

namespace libsql::hrana::json {
namespace {

// A parser keeps about six times the size of the largest text that it has read.
constexpr std::size_t kKeptParserBytes = std::size_t{4} << 20;

[[noreturn]] void wrong_type(std::string_view name, std::string_view expected) {
  throw Malformed(Fault::wrong_type, name, std::string("is not ") + std::string(expected));
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// The token of a scalar, without the white space that follows it.
std::string_view token_of(ondemand::value value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && is_space(token.back())) token.remove_suffix(1);
  return token;
}

template <typename Number>
Number digits(std::string_view name, std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    throw Malformed(Fault::out_of_range, name, "does not fit in 64 bits");
  }
  if (error != std::errc{} || end != text.data() + text.size()) wrong_type(name, "an integer");
  return number;
}

template <typename Number>
Number integer(std::string_view name, ondemand::value value, std::string_view range) {
  const std::string_view token = token_of(value);
  if (token.empty() || (token.front() != '-' && (token.front() < '0' || token.front() > '9'))) {
    wrong_type(name, "an integer");
  }
  const auto number = digits<std::int64_t>(name, token);
  if (number < std::int64_t{std::numeric_limits<Number>::min()} ||
      number > std::int64_t{std::numeric_limits<Number>::max()}) {
    throw Malformed(Fault::out_of_range, name, range);
  }
  return static_cast<Number>(number);
}

}  // namespace

// One scalar of an object whose members come in any order: read at once, judged when all are known.
struct Reader::Scalar {
  enum class Kind { absent, null, text, number, other } kind = Kind::absent;
  std::string_view text;
  bool in_place = false;  // `text` lies in the received buffer.
  double number = 0;
};

void Reader::open(PaddedText text) {
  if (text.size > limits_.max_bytes) {
    throw Malformed(Fault::too_large, "", "the message is larger than allowed");
  }
  kept_.clear();
  if (parser_.capacity() > kKeptParserBytes && text.size < kKeptParserBytes / 4) {
    parser_ = ondemand::parser();
  }
  text_ = text;
  document_ = parser_.iterate(text.data, text.size, text.capacity).value();
}

ondemand::object Reader::root() {
  auto value = document_.get_value();
  if (value.error() == simdjson::SCALAR_DOCUMENT_AS_VALUE) wrong_type("message", "an object");
  return object_of("message", value.value());
}

// Reads on to the end of the object, by searching for a key that cannot be: a string in JSON holds
// no control character.
void Reader::close(ondemand::object& object) {
  const auto none = object.find_field("\n");
  if (none.error() != simdjson::NO_SUCH_FIELD) throw simdjson::simdjson_error(none.error());
  if (document_.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    throw Malformed(Fault::not_json, "", "text follows the message");
  }
}

ondemand::field Reader::field_of(const simdjson::simdjson_result<ondemand::field>& member) {
  if (member.error() != simdjson::SUCCESS) throw simdjson::simdjson_error(member.error());
  ondemand::field field;
  static_cast<void>(simdjson::simdjson_result<ondemand::field>(member).get(field));
  return field;
}

ondemand::object Reader::object_of(std::string_view name, ondemand::value value) {
  if (value.type() != ondemand::json_type::object) wrong_type(name, "an object");
  return value.get_object().value();
}

ondemand::array Reader::array_of(std::string_view name, ondemand::value value) {
  if (value.type() != ondemand::json_type::array) wrong_type(name, "an array");
  return value.get_array().value();
}

std::string_view Reader::text(std::string_view name, ondemand::value value) {
  const Scalar content = scalar(value);
  if (content.kind != Scalar::Kind::text) wrong_type(name, "a string");
  return content.text;
}

OptionalText Reader::optional_text(std::string_view name, ondemand::value value) {
  if (is_null(value)) return std::nullopt;
  return text(name, value);
}

bool Reader::boolean(std::string_view name, ondemand::value value) {
  const std::string_view token = token_of(value);
  if (token == "true") return true;
  if (token != "false") wrong_type(name, "a boolean");
  return false;
}

double Reader::number(std::string_view name, ondemand::value value) {
  const Scalar content = scalar(value);
  if (content.kind != Scalar::Kind::number) wrong_type(name, "a number");
  return content.number;
}

std::int32_t Reader::int32(std::string_view name, ondemand::value value) {
  return integer<std::int32_t>(name, value, "does not fit in 32 bits with a sign");
}

std::uint32_t Reader::uint32(std::string_view name, ondemand::value value) {
  return integer<std::uint32_t>(name, value, "does not fit in 32 bits without a sign");
}

std::uint64_t Reader::uint64(std::string_view name, ondemand::value value) {
  return digits<std::uint64_t>(name, token_of(value));
}

std::optional<std::int64_t> Reader::loose_int64(std::string_view name, ondemand::value value) {
  if (is_null(value)) return std::nullopt;
  const std::string_view token = token_of(value);
  return digits<std::int64_t>(name, token.starts_with('"') ? text(name, value) : token);
}

std::optional<std::uint64_t> Reader::loose_uint64(std::string_view name, ondemand::value value) {
  if (is_null(value)) return std::nullopt;
  const std::string_view token = token_of(value);
  return digits<std::uint64_t>(name, token.starts_with('"') ? text(name, value) : token);
}

ErrorView Reader::error(ondemand::value value) {
  ErrorView result;
  bool has_message = false;
  for (auto member : object_of("error", value)) {
    ondemand::field field = Reader::field_of(member);
    const ondemand::raw_json_string key = field.key();
    if (key == "message") {
      result.message = text("message", field.value());
      has_message = true;
    } else if (key == "code") {
      result.code = optional_text("code", field.value());
    } else if (key == "extended_code") {
      result.extended_code = optional_text("extended_code", field.value());
    }
  }
  if (!has_message) throw Malformed(Fault::missing, "error", "has no member `message`");
  return result;
}

std::optional<ondemand::value> Reader::find(ondemand::object& object, std::string_view name) {
  auto found = object.find_field_unordered(name);
  if (found.error() == simdjson::NO_SUCH_FIELD) return std::nullopt;
  return found.value();
}

ondemand::value Reader::need(ondemand::object& object, std::string_view name) {
  auto found = find(object, name);
  if (!found) throw Malformed(Fault::missing, name, "is missing");
  return *found;
}

bool Reader::is_null(ondemand::value value) { return token_of(value) == "null"; }

Reader::Scalar Reader::scalar(ondemand::value value) {
  const std::string_view token = token_of(value);
  Scalar result;
  result.kind = Scalar::Kind::other;
  if (token.starts_with('"')) {
    result.kind = Scalar::Kind::text;
    if (token.find('\\') != std::string_view::npos) {
      const auto unescaped = value.get_string();
      if (unescaped.error() != simdjson::SUCCESS) {
        throw Malformed(Fault::bad_text, "", "an escape in a string is not valid");
      }
      result.text = unescaped.value_unsafe();
    } else {
      if (token.size() < 2 || !token.ends_with('"')) {
        throw Malformed(Fault::not_json, "", "something follows a string");
      }
      result.text = token.substr(1, token.size() - 2);
      result.in_place = true;
    }
  } else if (token == "null") {
    result.kind = Scalar::Kind::null;
  } else if (!token.empty() &&
             (token.front() == '-' || (token.front() >= '0' && token.front() <= '9'))) {
    result.kind = Scalar::Kind::number;
    result.number = value.get_double();
  }
  return result;
}

ValueView Reader::sql_value(ondemand::value value) {
  OptionalText type;
  Scalar content;
  Scalar base64;
  for (auto member : object_of("value", value)) {
    ondemand::field field = Reader::field_of(member);
    const ondemand::raw_json_string key = field.key();
    if (key == "type") {
      type = text("type", field.value());
    } else if (key == "value") {
      content = scalar(field.value());
    } else if (key == "base64") {
      base64 = scalar(field.value());
    }
  }
  if (!type) throw Malformed(Fault::missing, "type", "is missing");
  return combine(*type, *type == "blob" ? base64 : content);
}

ValueView Reader::combine(std::string_view type, const Scalar& content) {
  using Kind = Scalar::Kind;
  if (type == "null") return {};
  const bool is_blob = type == "blob";
  if (!is_blob && type != "integer" && type != "float" && type != "text") {
    throw Malformed(Fault::unknown_type, "type", "is none of a value");
  }
  const std::string_view member = is_blob ? "base64" : "value";
  if (content.kind == Kind::absent) throw Malformed(Fault::missing, member, "is missing");
  if (type == "float") {
    // Servers write an infinite number as null; its sign is not transmitted.
    if (content.kind == Kind::null) return std::numeric_limits<double>::quiet_NaN();
    if (content.kind != Kind::number) wrong_type(member, "a number");
    return content.number;
  }
  if (content.kind != Kind::text) wrong_type(member, "a string");
  if (type == "text") return content.text;
  if (is_blob) return blob(content);
  return digits<std::int64_t>(member, content.text);
}

ValueView Reader::blob(const Scalar& content) {
  char* data = nullptr;
  if (content.in_place) {
    data = writable(content.text);
  } else {
    data = kept_.emplace_back(content.text).data();
  }
  const auto size = decode_base64({data, content.text.size()});
  if (!size) throw Malformed(Fault::bad_base64, "base64", "is not base64");
  return ValueView::blob({data, *size});
}

char* Reader::writable(std::string_view text) { return text_.data + (text.data() - text_.data); }

}  // namespace libsql::hrana::json
