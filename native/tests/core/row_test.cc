// Rows: what each type reads, and what it refuses.
#include "libsql/row.h"

#include <array>
#include <limits>
#include <string>

#include <gmock/gmock.h>

#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

template <typename T>
T read(const ValueView& value) {
  const std::array<ValueView, 1> values = {value};
  return Row(values).get<T>(0);
}

template <typename T>
void expect_refused(const ValueView& value, const std::string& message) {
  EXPECT_THAT([&] { return read<T>(value); }, throws_error(ErrorKind::error, message));
}

TEST(RowTest, ReadsAllColumnsAtOnceInTheirOrder) {
  const std::array<ValueView, 4> values = {7, "Dune", 9.5, nullptr};
  const auto [id, title, price, note] =
      Row(values).as<std::int64_t, std::string_view, double, std::optional<std::string>>();
  EXPECT_EQ(id, 7);
  EXPECT_EQ(title, "Dune");
  EXPECT_EQ(title.data(), values[1].bytes().data()) << "a view is no copy";
  EXPECT_EQ(price, 9.5);
  EXPECT_EQ(note, std::nullopt);
}

TEST(RowTest, IsTheSpanOfItsValues) {
  const std::array<ValueView, 2> values = {1, 2};
  std::int64_t sum = 0;
  for (const ValueView& value : Row(values)) sum += value.integer();
  EXPECT_EQ(sum, 3);
  EXPECT_EQ(Row(values)[1].integer(), 2);
  EXPECT_TRUE(Row().empty());
}

TEST(RowTest, RefusesAnotherNumberOfColumns) {
  const std::array<ValueView, 2> values = {1, 2};
  EXPECT_THAT([&] { return Row(values).as<int>(); },
              throws_error(ErrorKind::invalid_argument, "2 columns, and is read as 1"));
  for (const int index : {-1, 2}) {
    EXPECT_THAT([&] { return Row(values).get<int>(index); },
                throws_error(ErrorKind::invalid_argument, "out of bounds"));
  }
}

TEST(RowTest, ReadsIntegersThatFitTheirType) {
  EXPECT_EQ(read<std::int8_t>(-128), -128);
  EXPECT_EQ(read<std::uint8_t>(255), 255);
  EXPECT_EQ(read<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
            std::uint64_t{std::numeric_limits<std::int64_t>::max()});
  expect_refused<std::int8_t>(128, "128 does not fit an integer of 8 bits with a sign");
  expect_refused<std::uint64_t>(-1, "-1 does not fit an integer of 64 bits without a sign");
  expect_refused<int>(2.0, "holds a float, not an integer");
  expect_refused<int>("2", "holds a text, not an integer");
}

TEST(RowTest, ReadsTruthAsZeroAndOneOnly) {
  EXPECT_TRUE(read<bool>(1));
  EXPECT_FALSE(read<bool>(0));
  expect_refused<bool>(2, "2 is neither 0 nor 1");
}

TEST(RowTest, ReadsFloatsAndIntegersThatAreExactAsFloats) {
  EXPECT_EQ(read<double>(0.5), 0.5);
  EXPECT_EQ(read<double>(std::int64_t{1} << 53), 9007199254740992.0);
  expect_refused<double>((std::int64_t{1} << 53) + 1, "would not be exact");
  expect_refused<double>("0.5", "holds a text, not a number");
}

TEST(RowTest, TellsTextsFromBlobs) {
  const Blob bytes = {std::byte{0}, std::byte{255}};
  EXPECT_EQ(read<std::string>("text"), "text");
  EXPECT_EQ(read<Blob>(bytes), bytes);
  EXPECT_EQ(read<std::span<const std::byte>>(bytes).size(), 2U);
  expect_refused<std::string>(bytes, "holds a blob, not a text");
  expect_refused<Blob>("text", "holds a text, not a blob");
}

TEST(RowTest, ReadsNullAsAnOptionalOnly) {
  EXPECT_EQ(read<std::optional<int>>(nullptr), std::nullopt);
  EXPECT_EQ(read<std::optional<int>>(3), 3);
  EXPECT_EQ(read<Value>(nullptr), Value());
  EXPECT_TRUE(read<ValueView>(nullptr).is_null());
  expect_refused<int>(nullptr, "is NULL, not an integer: read it as a std::optional");
  expect_refused<std::string>(nullptr, "is NULL, not a text");
  expect_refused<std::optional<int>>("3", "holds a text");
}

}  // namespace
}  // namespace libsql
