#include "remote/headers.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace libsql::remote {

namespace {

// Of HTTP requests and of the upgrade to a WebSocket.
constexpr std::array<std::string_view, 9> kOwnHeaders{
    "authorization",     "connection",          "content-length", "content-type",          "host",
    "transfer-encoding", "proxy-authorization", "upgrade",        "x-turso-encryption-key"};

bool is_own(std::string_view name) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  constexpr std::string_view kWebSocket = "sec-websocket-";
  if (std::ranges::equal(kWebSocket, name.substr(0, kWebSocket.size()), {}, {}, lower)) return true;
  return std::ranges::any_of(kOwnHeaders, [&](std::string_view own) {
    return std::ranges::equal(own, name, {}, {}, lower);
  });
}

bool is_token_byte(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

// Source: RFC 9110, sections 5.1 and 5.5.
void check_header(std::string_view name, std::string_view value) {
  const auto refuse = [&](const char* problem) {
    throw Error(ErrorKind::invalid_argument, "the header " + std::string(name) + problem);
  };
  if (name.empty() || !std::ranges::all_of(name, is_token_byte)) {
    throw Error(ErrorKind::invalid_argument, "a header's name is empty or not a name of HTTP");
  }
  if (is_own(name)) refuse(" is sent by the library itself: leave it out");
  const auto is_control = [](char c) { return (c >= '\0' && c < ' ' && c != '\t') || c == '\x7F'; };
  if (std::ranges::any_of(value, is_control)) refuse(" has a control character in its value");
}

}  // namespace

void check_headers(const RemoteOptions& options) {
  for (const auto& [name, value] : options.headers) check_header(name, value);
}

}  // namespace libsql::remote
