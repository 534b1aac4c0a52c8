#include "remote/url.h"

#include <string>

#include <gtest/gtest.h>

#include "testing/matchers.h"

namespace libsql::remote {
namespace {

using libsql::testing::throws_error;

std::string shown(const std::string& text) {
  const Url url = parse_url(text);
  std::string result = url.protocol == Protocol::http ? "http" : "ws";
  if (url.tls) result += 's';
  result += ' ' + url.host + ' ' + std::to_string(url.port) + " '" + url.path + '\'';
  if (url.auth_token) result += " token " + *url.auth_token;
  return result;
}

TEST(UrlTest, ChoosesTransportAndPortByTheScheme) {
  EXPECT_EQ(shown("libsql://db.turso.io"), "https db.turso.io 443 ''");
  EXPECT_EQ(shown("libsql://h:8443"), "https h 8443 ''");
  EXPECT_EQ(shown("libsql://h:8080?tls=0"), "http h 8080 ''");
  EXPECT_EQ(shown("libsql://h?tls=1"), "https h 443 ''");
  EXPECT_EQ(shown("turso://h"), "https h 443 ''");
  EXPECT_EQ(shown("https://h"), "https h 443 ''");
  EXPECT_EQ(shown("http://h"), "http h 80 ''");
  EXPECT_EQ(shown("http://h?tls=0"), "http h 80 ''");
  EXPECT_EQ(shown("wss://h"), "wss h 443 ''");
  EXPECT_EQ(shown("ws://h:8080"), "ws h 8080 ''");
  EXPECT_EQ(shown("LibSQL://HOST.Example"), "https host.example 443 ''");
}

TEST(UrlTest, ReadsPathIpv6AddressAndToken) {
  EXPECT_EQ(shown("http://h/pre/fix//"), "http h 80 '/pre/fix'");
  EXPECT_EQ(shown("http://h/"), "http h 80 ''");
  EXPECT_EQ(shown("http://[::1]:8080/x"), "http ::1 8080 '/x'");
  EXPECT_EQ(shown("https://[2001:DB8::1]"), "https 2001:db8::1 443 ''");
  EXPECT_EQ(shown("https://h?authToken=a%2Bb+c%3d"), "https h 443 '' token a+b c=");
  EXPECT_EQ(shown("https://h/p?tls=1&authToken=&"), "https h 443 '/p' token ");
}

TEST(UrlTest, NamesWhatIsWrongAndQuotesNothingOfTheQuery) {
  struct Row {
    const char* url;
    const char* message;
  };
  for (const Row& row : {
           Row{"file:x", "does not begin with libsql://"},
           Row{"ftp://h", "does not begin with libsql://"},
           Row{"https://h/#f", "has a fragment"},
           Row{"https://u:secret@h", "holds credentials"},
           Row{"https://", "has no host"},
           Row{"https://:443", "has no host"},
           Row{"https:///p", "has no host"},
           Row{"https://h:0", "a port that is not between 1 and 65535"},
           Row{"https://h:65536", "a port that is not between 1 and 65535"},
           Row{"https://h:", "a port that is not between 1 and 65535"},
           Row{"https://h:1x", "a port that is not between 1 and 65535"},
           Row{"https://::1", "has no host"},
           Row{"https://[::1", "without closing bracket"},
           Row{"https://[h]", "is no IPv6 address"},
           Row{"https://[::1]x", "between its host and its port"},
           Row{"https://h h", "holds a space"},
           Row{"https://h\xC3\xA9", "not ASCII"},
           Row{"https://h\r\nX: y", "a control character"},
           Row{"https://h?mode=secret", "a parameter that is not supported"},
           Row{"https://h?tls=secret", "another value of tls than 0 and 1"},
           Row{"https://h?authToken=%4", "a percent sign in its query"},
           Row{"libsql://h?tls=0", "says tls=0 and needs a port then"},
           Row{"https://h:1?tls=0", "its scheme demands TLS"},
           Row{"wss://h:1?tls=0", "its scheme demands TLS"},
           Row{"http://h?tls=1", "its scheme has no TLS"},
       }) {
    EXPECT_THAT([&] { return parse_url(row.url); },
                throws_error(ErrorKind::invalid_argument, row.message))
        << row.url;
    try {
      static_cast<void>(parse_url(row.url));
    } catch (const Error& error) {
      EXPECT_EQ(error.message().find("secret"), std::string::npos) << error.message();
    }
  }
}

TEST(UrlTest, KnowsRemoteUrlsFromLocalFiles) {
  for (const char* url :
       {"libsql://h", "https://h", "http://h", "wss://h", "ws://h", "turso://h"}) {
    EXPECT_TRUE(is_remote_url(url)) << url;
  }
  for (const char* path : {"", ":memory:", "file:x.db", "x.db", "libsql:x", "/a://b"}) {
    EXPECT_FALSE(is_remote_url(path)) << path;
  }
}

TEST(UrlTest, WritesTheAuthorityThatAHostHeaderNeeds) {
  EXPECT_EQ(parse_url("https://h:443").authority(), "h");
  EXPECT_EQ(parse_url("http://h:443").authority(), "h:443");
  EXPECT_EQ(parse_url("http://[::1]").authority(), "[::1]");
  EXPECT_EQ(parse_url("ws://[::1]:8080").authority(), "[::1]:8080");
}

TEST(UrlTest, TellsWhomATokenMayBeSentTo) {
  EXPECT_TRUE(parse_url("http://localhost:8080").is_loopback());
  EXPECT_TRUE(parse_url("http://127.0.0.9").is_loopback());
  EXPECT_TRUE(parse_url("http://[::1]").is_loopback());
  EXPECT_FALSE(parse_url("http://127.0.0.1.example.org").is_loopback());
  EXPECT_FALSE(parse_url("http://localhost.example.org").is_loopback());
  EXPECT_TRUE(parse_url("https://h/a").same_origin(parse_url("wss://H:443/b")));
  EXPECT_FALSE(parse_url("https://h").same_origin(parse_url("http://h:443")));
  EXPECT_FALSE(parse_url("https://h").same_origin(parse_url("https://h.evil.org")));
  EXPECT_FALSE(parse_url("https://h").same_origin(parse_url("https://h:444")));
}

}  // namespace
}  // namespace libsql::remote
