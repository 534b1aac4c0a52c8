#include "vector/index_options.h"

#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <string_view>

#include <sqlite3.h>

#include "vector/failure.h"

namespace libsql::vector {

namespace {

[[noreturn]] void refuse(const std::string& setting, const char* why) {
  throw Failure("vector index: invalid vector index parameter '" + setting + "': " + why);
}

// Whether `text` is the beginning of `name`, in any case: "cos" stands for "cosine".
bool begins(std::string_view text, std::string_view name) {
  return text.size() <= name.size() &&
         sqlite3_strnicmp(text.data(), name.data(), static_cast<int>(text.size())) == 0;
}

bool is_key(std::string_view text, std::string_view key) {
  return text.size() == key.size() && begins(text, key);
}

// The position of the first choice that `value` begins.
std::size_t choose(const std::string& setting, std::string_view value,
                   std::initializer_list<std::string_view> choices) {
  std::size_t position = 0;
  for (const std::string_view choice : choices) {
    if (begins(value, choice)) return position;
    ++position;
  }
  refuse(setting, "invalid parameter");
}

std::int64_t parse_positive(const std::string& setting, const char* value) {
  const long long number = std::strtoll(value, nullptr, 10);
  if (number == 0 || number > std::numeric_limits<int>::max()) {
    refuse(setting, "invalid representation of integer vector index parameter");
  }
  if (number < 0) refuse(setting, "integer vector index parameter must be positive");
  return number;
}

void check_number(const std::string& setting, const char* value) {
  char* end = nullptr;
  static_cast<void>(std::strtod(value, &end));
  if (end == value || *end != '\0') {
    refuse(setting, "invalid representation of floating point vector index parameter");
  }
}

// The keys of which libSQL adds a default.
struct Given {
  bool metric = false;
  bool alpha = false;
  bool search_l = false;
  bool insert_l = false;
  [[nodiscard]] int missing() const noexcept { return 4 - metric - alpha - search_l - insert_l; }
};

// Returns how libSQL calls the kind of the setting's value.
const char* apply(const std::string& setting, IndexOptions& options, Given& given) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos) refuse(setting, "unexpected parameter format");
  const std::string_view key = std::string_view(setting).substr(0, equals);
  const char* const value = setting.c_str() + equals + 1;
  if (is_key(key, "type")) {
    static_cast<void>(choose(setting, value, {"diskann"}));
  } else if (is_key(key, "metric")) {
    given.metric = true;
    options.metric = choose(setting, value, {"cosine", "l2"}) == 0 ? Metric::cosine : Metric::l2;
  } else if (is_key(key, "compress_neighbors")) {
    options.one_bit_neighbours =
        choose(setting, value, {"float1bit", "float8", "float16", "floatb16", "float32"}) == 0;
  } else if (is_key(key, "alpha")) {
    given.alpha = true;
    check_number(setting, value);
    return "floating point ";
  } else {
    if (!is_key(key, "search_l") && !is_key(key, "insert_l") && !is_key(key, "max_neighbors")) {
      refuse(setting, "invalid parameter");
    }
    const std::int64_t number = parse_positive(setting, value);
    if (is_key(key, "search_l")) options.search_l = number;
    given.search_l = given.search_l || is_key(key, "search_l");
    given.insert_l = given.insert_l || is_key(key, "insert_l");
    return "integer ";
  }
  return "";
}

// libSQL keeps fourteen entries: three of the column, the settings, two of its own, and the
// defaults of keys that are missing.
constexpr int kMostSettings = 11;
constexpr int kMostWithDefaults = 9;

}  // namespace

void refuse_one_bit() {
  throw Failure(
      "vector index: unable to initialize diskann: 1-bit compression available only for cosine "
      "metric");
}

IndexOptions parse_index_options(std::span<const std::string> settings) {
  IndexOptions options;
  Given given;
  int count = 0;
  for (const std::string& setting : settings) {
    const std::string kind = apply(setting, options, given);
    if (++count > kMostSettings) {
      refuse(setting, ("unable to serialize " + kind + "vector index parameter").c_str());
    }
  }
  if (options.one_bit_neighbours && options.metric == Metric::l2) refuse_one_bit();
  if (count + given.missing() > kMostWithDefaults) {
    throw Failure("vector index: unable to initialize diskann");
  }
  return options;
}

}  // namespace libsql::vector
