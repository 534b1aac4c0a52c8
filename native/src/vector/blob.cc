#include "vector/blob.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "vector/failure.h"
#include "vector/half.h"

namespace libsql::vector {

namespace {

static_assert(std::endian::native == std::endian::little, "vectors are stored little-endian");

std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

template <typename Number>
Number number_at(const std::byte* place) {
  Number number;
  std::memcpy(&number, place, sizeof number);
  return number;
}

template <typename Number>
void append(std::string& bytes, Number number) {
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  bytes.append(raw, sizeof number);
}

[[noreturn]] void refuse_length(const char* type, const char* rule, std::size_t length) {
  throw Failure(std::string("vector: ") + type + " vector blob length must be " + rule +
                ": length=" + std::to_string(length));
}

[[noreturn]] void refuse_size(Element element, std::int64_t dimensions, std::size_t length,
                              std::size_t expected) {
  throw Failure("vector: unexpected data part size: type=" +
                std::to_string(static_cast<int>(element)) + ", dims=" + std::to_string(dimensions) +
                ", " + std::to_string(length) + " != " + std::to_string(expected));
}

// `bytes` is the blob without the byte for the type.
std::size_t dimensions_of_1bit(std::span<const std::byte> bytes) {
  const std::size_t length = bytes.size();
  if (length == 0 || length % 2 != 0) {
    refuse_length("float1bit", "divisible by 2 and not be empty (excluding 'type'-byte)", length);
  }
  const auto unused = std::to_integer<std::size_t>(bytes.back());
  if (unused > length * 8) {
    refuse_size(Element::float1bit,
                static_cast<std::int64_t>(length * 8) - static_cast<std::int64_t>(unused), length,
                0);
  }
  return length * 8 - unused;
}

std::size_t dimensions_of_8bit(std::span<const std::byte> bytes) {
  const std::size_t length = bytes.size();
  if (length < 2 || length % 2 != 0) {
    refuse_length("float8", "divisible by 2 and has at least 2 bytes (excluding 'type'-byte)",
                  length);
  }
  const auto padding = std::to_integer<std::size_t>(bytes.back());
  constexpr std::size_t kRest = 2 * sizeof(float) + 2;
  if (length < kRest + padding) {
    refuse_size(Element::float8,
                static_cast<std::int64_t>(length) - static_cast<std::int64_t>(kRest + padding),
                length, 0);
  }
  return length - kRest - padding;
}

std::size_t dimensions_of(Element element, std::span<const std::byte> bytes) {
  const std::size_t length = bytes.size();
  switch (element) {
    case Element::float32:
      if (length % 4 != 0) {
        refuse_length("float32", "divisible by 4 (excluding optional 'type'-byte)", length);
      }
      return length / 4;
    case Element::float64:
      if (length % 8 != 0) {
        refuse_length("float64", "divisible by 8 (excluding 'type'-byte)", length);
      }
      return length / 8;
    case Element::float1bit:
      return dimensions_of_1bit(bytes);
    case Element::float8:
      return dimensions_of_8bit(bytes);
    case Element::float16:
    case Element::floatb16:
      return length / 2;  // A blob with a byte for the type has an even rest.
  }
  return 0;
}

Element element_of(std::byte type) {
  const auto number = std::to_integer<unsigned>(type);
  if (number < 1 || number > 6) {
    throw Failure("vector: unexpected binary type: " + std::to_string(number));
  }
  return static_cast<Element>(number);
}

bool bit_at(const View& vector, std::size_t index) {
  return (std::to_integer<unsigned>(vector.data[index / 8]) >> (index % 8) & 1U) != 0;
}

float float_at(const View& vector, std::size_t index) {
  switch (vector.element) {
    case Element::float32:
      return number_at<float>(vector.data + 4 * index);
    case Element::float64:
      return static_cast<float>(number_at<double>(vector.data + 8 * index));
    case Element::float1bit:
      return bit_at(vector, index) ? 1.0F : -1.0F;
    case Element::float8:
      return vector.alpha * static_cast<float>(std::to_integer<int>(vector.data[index])) +
             vector.shift;
    case Element::float16:
      return from_float16(number_at<std::uint16_t>(vector.data + 2 * index));
    case Element::floatb16:
      return from_bfloat16(number_at<std::uint16_t>(vector.data + 2 * index));
  }
  return 0;
}

// The end of a 1-bit vector, whose data are in `bytes`: everything behind the components counts.
void append_end_of_1bit(std::string& bytes, std::size_t dimensions) {
  if (bytes.size() % 2 == 0) bytes += '\0';
  bytes += static_cast<char>(8 * (bytes.size() + 1) - dimensions);
  bytes += static_cast<char>(Element::float1bit);
}

void append_end_of_8bit(std::string& bytes, float alpha, float shift) {
  const std::size_t padding = aligned(bytes.size()) - bytes.size();
  bytes.append(padding, '\0');
  append(bytes, alpha);
  append(bytes, shift);
  bytes += '\0';
  bytes += static_cast<char>(padding);
  bytes += static_cast<char>(Element::float8);
}

template <typename Number>
std::string to_1bit(std::span<const Number> values) {
  std::string bytes((values.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > 0) {
      bytes[i / 8] = static_cast<char>(static_cast<unsigned char>(bytes[i / 8]) | 1U << (i % 8));
    }
  }
  append_end_of_1bit(bytes, values.size());
  return bytes;
}

std::string to_8bit(std::span<const float> values) {
  float least = std::numeric_limits<float>::infinity();
  float most = -least;
  for (const float value : values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const float shift = values.empty() ? 0 : least;
  const float alpha = values.empty() ? 0 : (most - least) / 255.0F;
  std::string bytes;
  bytes.reserve(values.size() + 16);
  for (const float value : values) {
    const double step = alpha == 0 ? 0 : static_cast<double>((value - shift) / alpha) + 0.5;
    // The comparisons are false for a NaN, which becomes 0.
    bytes += static_cast<char>(static_cast<unsigned char>(step >= 255 ? 255 : step > 0 ? step : 0));
  }
  append_end_of_8bit(bytes, alpha, shift);
  return bytes;
}

template <typename Encode>
std::string to_16bit(std::span<const float> values, Element element, Encode encode) {
  std::string bytes;
  bytes.reserve(values.size() * 2 + 1);
  for (const float value : values) append(bytes, encode(value));
  bytes += static_cast<char>(element);
  return bytes;
}

std::string data_of(const View& vector, std::size_t size) {
  std::string bytes(size, '\0');
  if (size > 0) std::memcpy(bytes.data(), vector.data, size);
  return bytes;
}

std::string copied(const View& vector) {
  const std::size_t n = vector.dimensions;
  switch (vector.element) {
    case Element::float32:
      return data_of(vector, 4 * n);
    case Element::float64:
      return data_of(vector, 8 * n) + static_cast<char>(vector.element);
    case Element::float16:
    case Element::floatb16:
      return data_of(vector, 2 * n) + static_cast<char>(vector.element);
    case Element::float8: {
      std::string bytes = data_of(vector, n);
      append_end_of_8bit(bytes, vector.alpha, vector.shift);
      return bytes;
    }
    case Element::float1bit: {
      std::string bytes = data_of(vector, (n + 7) / 8);
      if (n % 8 != 0) {
        bytes.back() =
            static_cast<char>(static_cast<unsigned char>(bytes.back()) & ((1U << (n % 8)) - 1U));
      }
      append_end_of_1bit(bytes, n);
      return bytes;
    }
  }
  return {};
}

}  // namespace

View view_blob(std::span<const std::byte> blob) {
  View view;
  const bool typed = blob.size() % 2 == 1;
  if (typed) {
    view.element = element_of(blob.back());
    blob = blob.first(blob.size() - 1);
  } else if (blob.size() % 4 != 0) {
    const std::size_t dimensions = blob.size() / 4;
    refuse_size(Element::float32, static_cast<std::int64_t>(dimensions), blob.size(),
                4 * dimensions);
  }
  view.dimensions = dimensions_of(view.element, blob);
  if (view.dimensions > kMaxDimensions) {
    throw Failure("vector: max size exceeded: " + std::to_string(view.dimensions) + " > " +
                  std::to_string(kMaxDimensions));
  }
  view.data = blob.data();
  if (view.element == Element::float8) {
    const std::byte* const end = view.data + aligned(view.dimensions);
    view.alpha = number_at<float>(end);
    view.shift = number_at<float>(end + sizeof(float));
  }
  return view;
}

std::vector<float> to_floats(const View& vector) {
  std::vector<float> values(vector.dimensions);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = float_at(vector, i);
  return values;
}

std::vector<double> to_doubles(const View& vector) {
  std::vector<double> values(vector.dimensions);
  const bool exact = vector.element == Element::float64;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] =
        exact ? number_at<double>(vector.data + 8 * i) : static_cast<double>(float_at(vector, i));
  }
  return values;
}

std::string to_blob(std::span<const double> values) {
  std::string bytes;
  bytes.reserve(values.size() * 8 + 1);
  for (const double value : values) append(bytes, value);
  bytes += static_cast<char>(Element::float64);
  return bytes;
}

std::string to_blob(Element element, std::span<const float> values) {
  switch (element) {
    case Element::float32:
      return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
    case Element::float64: {
      const std::vector<double> wide(values.begin(), values.end());
      return to_blob(wide);
    }
    case Element::float1bit:
      return to_1bit(values);
    case Element::float8:
      return to_8bit(values);
    case Element::float16:
      return to_16bit(values, element, to_float16);
    case Element::floatb16:
      return to_16bit(values, element, to_bfloat16);
  }
  return {};
}

std::string convert(const View& vector, Element element) {
  if (vector.element == element) return copied(vector);
  // The two whose result would differ by way of float32.
  if (element == Element::float64) return to_blob(to_doubles(vector));
  if (vector.element == Element::float64 && element == Element::float1bit) {
    return to_1bit(std::span<const double>(to_doubles(vector)));
  }
  return to_blob(element, to_floats(vector));
}

}  // namespace libsql::vector
