// Look-ups of names that take long, or for ever.
#include "remote/resolver.h"

#include <atomic>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "remote/io_thread.h"
#include "testing/wait.h"

#include <boost/asio/post.hpp>

namespace libsql::remote {
namespace {

using boost::asio::ip::tcp;
using libsql::testing::Gate;

struct Found {
  Gate answered;
  Resolver::Code error;
  Resolver::Addresses addresses;
};

std::shared_ptr<Found> resolve(IoThread& io, const std::string& host, std::uint16_t port) {
  auto found = std::make_shared<Found>();
  io.resolver().resolve(host, port, [&io, found](const auto& error, const auto& addresses) {
    EXPECT_TRUE(io.is_current());
    found->error = error;
    found->addresses = addresses;
    found->answered.open();
  });
  return found;
}

Resolver::Addresses one_address(std::uint16_t port) {
  return {tcp::endpoint(boost::asio::ip::make_address("192.0.2.1"), port)};
}

TEST(ResolverTest, AnswersForANameOnTheIoThread) {
  IoThread io([](const std::string& host, std::uint16_t port, Resolver::Code& /*error*/) {
    EXPECT_EQ(host, "db.example");
    return one_address(port);
  });
  const auto found = resolve(io, "db.example", 443);
  ASSERT_TRUE(found->answered.wait());
  EXPECT_EQ(found->addresses, one_address(443));
  EXPECT_FALSE(found->error);
}

TEST(ResolverTest, LooksUpNoAddress) {
  IoThread io([](const std::string& /*host*/, std::uint16_t /*port*/, Resolver::Code& /*error*/) {
    ADD_FAILURE();
    return Resolver::Addresses{};
  });
  for (const char* const address : {"192.0.2.1", "::1"}) {
    const auto found = resolve(io, address, 8080);
    ASSERT_TRUE(found->answered.wait());
    ASSERT_EQ(found->addresses.size(), 1U);
    EXPECT_EQ(found->addresses[0].address().to_string(), address);
    EXPECT_EQ(found->addresses[0].port(), 8080);
  }
}

TEST(ResolverTest, ReportsAnUnknownName) {
  IoThread io([](const std::string& /*host*/, std::uint16_t /*port*/, Resolver::Code& error) {
    error = boost::asio::error::host_not_found;
    return Resolver::Addresses{};
  });
  const auto found = resolve(io, "db.example", 443);
  ASSERT_TRUE(found->answered.wait());
  EXPECT_EQ(found->error, boost::asio::error::host_not_found);
}

TEST(ResolverTest, AsksTheSystemForLocalhost) {
  Resolver::Code error;
  const auto addresses = Resolver::ask_system("localhost", 80, error);
  ASSERT_FALSE(error) << error.message();
  ASSERT_FALSE(addresses.empty());
  EXPECT_TRUE(addresses[0].address().is_loopback());
}

TEST(ResolverTest, OneNameThatHangsHoldsNeitherTheIoThreadNorAnotherName) {
  const auto release = std::make_shared<Gate>();
  const auto asked = std::make_shared<std::atomic<int>>(0);
  const auto ended = std::make_shared<Gate>();
  {
    IoThread io([=](const std::string& host, std::uint16_t port, Resolver::Code& /*error*/) {
      if (host == "hangs.example") {
        ++*asked;
        EXPECT_TRUE(release->wait());
        ended->open();
      }
      return one_address(port);
    });
    const auto never = resolve(io, "hangs.example", 443);
    const auto neither = resolve(io, "hangs.example", 443);
    ASSERT_TRUE(resolve(io, "db.example", 443)->answered.wait());
    Gate runs;
    boost::asio::post(io.context(), [&] { runs.open(); });
    ASSERT_TRUE(runs.wait());
    ASSERT_TRUE(libsql::testing::eventually([&] { return *asked == 1; }));
    EXPECT_FALSE(never->answered.is_open());
    EXPECT_FALSE(neither->answered.is_open());
    // The thread ends here, while the look-up still hangs.
  }
  release->open();
  ASSERT_TRUE(ended->wait());
  EXPECT_EQ(*asked, 1);
}

}  // namespace
}  // namespace libsql::remote
