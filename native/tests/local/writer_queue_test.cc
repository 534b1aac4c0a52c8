// The writer queue.
#include "local/writer_queue.h"

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "testing/queue_of.h"
#include "testing/temporary_directory.h"

namespace libsql::local {
namespace {

using State = WriteTicket::State;

class WriterQueueTest : public ::testing::Test {
 protected:
  std::shared_ptr<WriterQueue::Ticket> enqueue(int number) {
    return queue_->enqueue([this, number] { granted_.push_back(number); });
  }
  std::shared_ptr<WriterQueue> queue_ = std::make_shared<WriterQueue>();
  std::vector<int> granted_;
};

TEST_F(WriterQueueTest, GrantsAFreeTurnAtOnce) {
  const auto ticket = enqueue(1);
  EXPECT_EQ(ticket->state(), State::granted);
  EXPECT_THAT(granted_, ::testing::ElementsAre(1));
  EXPECT_FALSE(queue_->try_acquire());
  EXPECT_TRUE(ticket->take());
  EXPECT_FALSE(ticket->take());
  queue_->release();
  EXPECT_TRUE(queue_->try_acquire());
}

TEST_F(WriterQueueTest, GrantsInTheOrderOfAsking) {
  ASSERT_TRUE(queue_->try_acquire());
  const auto one = enqueue(1);
  const auto two = enqueue(2);
  const auto three = enqueue(3);
  EXPECT_EQ(one->state(), State::waiting);
  queue_->release();
  EXPECT_THAT(granted_, ::testing::ElementsAre(1));
  ASSERT_TRUE(one->take());
  queue_->release();
  ASSERT_TRUE(two->take());
  queue_->release();
  EXPECT_THAT(granted_, ::testing::ElementsAre(1, 2, 3));
}

TEST_F(WriterQueueTest, TryAcquireDoesNotOvertake) {
  ASSERT_TRUE(queue_->try_acquire());
  const auto waiting = enqueue(1);
  queue_->release();
  EXPECT_FALSE(queue_->try_acquire());
  EXPECT_EQ(waiting->cancel(), State::granted);
  EXPECT_TRUE(queue_->try_acquire());
}

TEST_F(WriterQueueTest, CancelledTicketsLoseTheirPlace) {
  ASSERT_TRUE(queue_->try_acquire());
  const auto one = enqueue(1);
  const auto two = enqueue(2);
  EXPECT_EQ(one->cancel(), State::waiting);
  EXPECT_EQ(one->cancel(), State::cancelled);
  EXPECT_EQ(one->state(), State::cancelled);
  queue_->release();
  EXPECT_THAT(granted_, ::testing::ElementsAre(2));
  EXPECT_FALSE(one->take());
  EXPECT_TRUE(two->take());
}

TEST_F(WriterQueueTest, CancellingAGrantPassesItOn) {
  ASSERT_TRUE(queue_->try_acquire());
  const auto one = enqueue(1);
  const auto two = enqueue(2);
  queue_->release();
  EXPECT_EQ(one->cancel(), State::granted);
  EXPECT_THAT(granted_, ::testing::ElementsAre(1, 2));
  EXPECT_EQ(two->state(), State::granted);
}

TEST_F(WriterQueueTest, DroppedTicketsAreCancelled) {
  ASSERT_TRUE(queue_->try_acquire());
  cancel_when_dropped(enqueue(1)).reset();
  const auto kept = cancel_when_dropped(enqueue(2));
  queue_->release();
  EXPECT_THAT(granted_, ::testing::ElementsAre(2));
  EXPECT_EQ(kept->state(), State::granted);
}

TEST_F(WriterQueueTest, NoTurnIsLostOrGivenTwiceUnderCancellation) {
  std::atomic<int> inside{0};
  std::atomic<int> turns{0};
  std::atomic<bool> crowded{false};
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([&, id] {
      for (int i = 0; i < 500; ++i) {
        const auto ticket = queue_->enqueue([] {});
        if ((i + id) % 3 == 0) ticket->cancel();
        while (ticket->state() == State::waiting) std::this_thread::yield();
        if (!ticket->take()) continue;
        if (inside.fetch_add(1) != 0) crowded = true;
        turns.fetch_add(1);
        inside.fetch_sub(1);
        queue_->release();
      }
    });
  }
  threads.clear();
  EXPECT_FALSE(crowded);
  EXPECT_GT(turns, 1000);
  EXPECT_TRUE(queue_->try_acquire());
}

TEST(WriterQueueOfDatabaseTest, IsOnePerFileWhateverItsName) {
  const testing::TemporaryDirectory directory;
  const auto queue_of = [&](const std::string& name) {
    return testing::queue_of(directory.path(name));
  };
  const auto queue = queue_of("a");
  ASSERT_NE(queue, nullptr);
  std::filesystem::create_symlink(directory.path("a"), directory.path("soft"));
  EXPECT_EQ(queue_of("a"), queue);
  EXPECT_EQ(queue_of("soft"), queue);
  EXPECT_EQ(queue_of("./a"), queue);
  EXPECT_NE(queue_of("b"), queue);
}

TEST(WriterQueueOfDatabaseTest, IsNullForAPrivateDatabase) {
  EXPECT_EQ(testing::queue_of(":memory:"), nullptr);
}

}  // namespace
}  // namespace libsql::local
