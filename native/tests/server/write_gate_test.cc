// The turns of the writers: order, eviction, giving up.
#include "server/write_gate.h"

#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "testing/wait.h"

namespace libsql::server {
namespace {

using namespace std::chrono_literals;
using testing::eventually;

class FakeWriter : public WriteGate::Writer {
 public:
  void evict(std::uint64_t turn) noexcept override {
    evicted = turn;
    ++evictions;
  }
  [[nodiscard]] bool gave_up() const noexcept override { return gone; }

  std::atomic<int> evictions{0};
  std::atomic<std::uint64_t> evicted{0};
  std::atomic<bool> gone{false};
};

TEST(WriteGateTest, LetsTheNextOneInWhenTheFirstLeaves) {
  WriteGate gate(1h);
  const auto first = std::make_shared<FakeWriter>();
  const auto second = std::make_shared<FakeWriter>();
  EXPECT_NE(gate.enter(first), 0U);
  std::atomic<bool> entered{false};
  std::thread waiting([&] {
    EXPECT_NE(gate.enter(second), 0U);
    entered = true;
  });
  EXPECT_FALSE(entered);
  gate.leave();
  waiting.join();
  EXPECT_TRUE(entered);
  EXPECT_EQ(first->evictions, 0);
}

TEST(WriteGateTest, EvictsOnceAWriterThatKeepsAnotherWaitingTooLong) {
  WriteGate gate(10ms);
  const auto slow = std::make_shared<FakeWriter>();
  const auto next = std::make_shared<FakeWriter>();
  const std::uint64_t turn = gate.enter(slow);
  std::thread waiting([&] { EXPECT_NE(gate.enter(next), turn); });
  EXPECT_TRUE(eventually([&] { return slow->evictions == 1; }));
  EXPECT_EQ(slow->evicted, turn);
  gate.leave();
  waiting.join();
  EXPECT_EQ(slow->evictions, 1);
}

TEST(WriteGateTest, LeavesTheQueueWhenItsClientHasGone) {
  WriteGate gate(1h);
  const auto inside = std::make_shared<FakeWriter>();
  const auto gone = std::make_shared<FakeWriter>();
  const auto last = std::make_shared<FakeWriter>();
  EXPECT_NE(gate.enter(inside), 0U);
  std::thread giving_up([&] { EXPECT_EQ(gate.enter(gone), 0U); });
  gone->gone = true;
  gate.wake();
  giving_up.join();
  gate.leave();
  EXPECT_NE(gate.enter(last), 0U);
}

}  // namespace
}  // namespace libsql::server
