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
  void evict() noexcept override { ++evictions; }
  [[nodiscard]] bool gave_up() const noexcept override { return gone; }

  std::atomic<int> evictions{0};
  std::atomic<bool> gone{false};
};

TEST(WriteGateTest, LetsTheNextOneInWhenTheFirstLeaves) {
  WriteGate gate(1h);
  const auto first = std::make_shared<FakeWriter>();
  const auto second = std::make_shared<FakeWriter>();
  EXPECT_TRUE(gate.enter(first));
  std::atomic<bool> entered{false};
  std::thread waiting([&] {
    EXPECT_TRUE(gate.enter(second));
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
  EXPECT_TRUE(gate.enter(slow));
  std::thread waiting([&] { EXPECT_TRUE(gate.enter(next)); });
  EXPECT_TRUE(eventually([&] { return slow->evictions == 1; }));
  gate.leave();
  waiting.join();
  EXPECT_EQ(slow->evictions, 1);
}

TEST(WriteGateTest, LeavesTheQueueWhenItsClientHasGone) {
  WriteGate gate(1h);
  const auto inside = std::make_shared<FakeWriter>();
  const auto gone = std::make_shared<FakeWriter>();
  const auto last = std::make_shared<FakeWriter>();
  EXPECT_TRUE(gate.enter(inside));
  std::thread giving_up([&] { EXPECT_FALSE(gate.enter(gone)); });
  gone->gone = true;
  gate.wake();
  giving_up.join();
  gate.leave();
  EXPECT_TRUE(gate.enter(last));
}

}  // namespace
}  // namespace libsql::server
