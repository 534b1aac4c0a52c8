// The bytes of a log against one that SQLite has written.
#include "replica/wal_format.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/encryption.h"

namespace libsql::replica {
namespace {

class WalFormatTest : public testing::FileTest {
 protected:
  void SetUp() override {
    Options options;
    options.wal_auto_checkpoint = 0;
    Connection db = connect(options);
    db.execute_script("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(5000)), (1)");
    log_ = testing::read_file(path() + "-wal");
  }

  template <typename Header>
  [[nodiscard]] Header header_at(std::int64_t at) const {
    Header header{};
    std::copy_n(log_.begin() + at, header.size(), header.begin());
    return header;
  }
  [[nodiscard]] ConstBytes image(std::uint32_t frame) const {
    const auto at = static_cast<std::size_t>(frame_offset(frame)) + kFrameHeaderBytes;
    return ConstBytes(reinterpret_cast<const unsigned char*>(log_.data()), log_.size())
        .subspan(at, kPageSize);
  }

  std::string log_;
};

TEST_F(WalFormatTest, HeadersOfFramesAreThoseOfSqlite) {
  auto chain = read_log_header(header_at<LogHeader>(0));
  ASSERT_TRUE(chain.has_value());
  const auto frames = static_cast<std::uint32_t>((log_.size() - kLogHeaderBytes) / kFrameBytes);
  ASSERT_GT(frames, 3U);
  for (std::uint32_t frame = 1; frame <= frames; ++frame) {
    const auto header = header_at<FrameHeader>(frame_offset(frame));
    const FrameInfo info = read_frame_header(header);
    EXPECT_EQ(make_frame_header(info.page, info.size_after, image(frame), &*chain), header)
        << "frame " << frame;
  }
}

TEST_F(WalFormatTest, TheHeaderOfALogIsRead) {
  const LogHeader made = make_log_header(7, {1, 2, 3, 4, 5, 6, 7, 8});
  const auto chain = read_log_header(made);
  ASSERT_TRUE(chain.has_value());
  EXPECT_EQ(chain->salt, (Salt{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(chain->order, core::WalChecksum::Order::little_endian);
  EXPECT_EQ(log_sequence(made), 7U);
}

TEST_F(WalFormatTest, ADamagedLogHeaderIsRefused) {
  for (std::size_t at = 0; at < kLogHeaderBytes; ++at) {
    LogHeader damaged = header_at<LogHeader>(0);
    damaged.at(at) ^= 0x40U;
    EXPECT_FALSE(read_log_header(damaged).has_value()) << "byte " << at;
  }
}

TEST_F(WalFormatTest, ADamagedFrameDoesNotContinueTheLog) {
  const auto start = read_log_header(header_at<LogHeader>(0));
  ASSERT_TRUE(start.has_value());
  LogChain chain = *start;
  auto header = header_at<FrameHeader>(frame_offset(1));
  EXPECT_TRUE(continues(header, image(1), &chain));
  chain = *start;
  EXPECT_FALSE(continues(header, image(2), &chain)) << "another image";
  header[8] ^= 1U;
  EXPECT_FALSE(continues(header, image(1), &chain)) << "another salt";
  EXPECT_EQ(chain.sums, start->sums) << "a refused frame moves nothing";
}

}  // namespace
}  // namespace libsql::replica
