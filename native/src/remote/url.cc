#include "remote/url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "libsql/error.h"

namespace libsql::remote {
namespace {

struct Scheme {
  std::string_view name;
  Protocol protocol;
  bool tls;
  bool tls_can_be_off;
};

constexpr std::array kSchemes{
    Scheme{"libsql", Protocol::http, true, true},
    Scheme{"turso", Protocol::http, true, false},
    Scheme{"https", Protocol::http, true, false},
    Scheme{"http", Protocol::http, false, false},
    Scheme{"wss", Protocol::web_socket, true, false},
    Scheme{"ws", Protocol::web_socket, false, false},
};

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(ErrorKind::invalid_argument, "the URL of the server " + problem);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
  return result;
}

const Scheme* find_scheme(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos) return nullptr;
  const std::string name = lower(text.substr(0, end));
  const auto* const found = std::ranges::find(kSchemes, name, &Scheme::name);
  return found == kSchemes.end() ? nullptr : found;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// application/x-www-form-urlencoded: `+` is a space, `%41` a byte.
std::string form_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      result += ' ';
    } else if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) refuse("has a percent sign in its query that no byte follows");
      result += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

struct Query {
  std::optional<bool> tls;
  std::optional<std::string> auth_token;
};

Query parse_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string name = form_decoded(pair.substr(0, equals));
    const std::string value = form_decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (name == "authToken") {
      query.auth_token = value;
    } else if (name != "tls") {
      refuse("has a parameter that is not supported: only tls and authToken are");
    } else if (value == "0" || value == "1") {
      query.tls = value == "1";
    } else {
      refuse("has another value of tls than 0 and 1");
    }
  }
  return query;
}

std::uint16_t parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    refuse("has a port that is not between 1 and 65535");
  }
  return port;
}

// Sets the host; returns the port if there is one.
std::optional<std::uint16_t> parse_authority(std::string_view text, Url& url) {
  if (text.find('@') != std::string_view::npos) {
    refuse("holds credentials: give the token as auth_token");
  }
  std::size_t end = std::min(text.find(':'), text.size());
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) refuse("has an IPv6 address without closing bracket");
    url.host = lower(text.substr(1, bracket - 1));
    if (url.host.find_first_not_of("0123456789abcdef:.") != std::string::npos) {
      refuse("has brackets around something that is no IPv6 address");
    }
    end = bracket + 1;
  } else {
    url.host = lower(text.substr(0, end));
  }
  if (url.host.empty()) refuse("has no host");
  const std::string_view rest = text.substr(end);
  if (rest.empty()) return std::nullopt;
  if (rest.front() != ':') refuse("has something between its host and its port");
  return parse_port(rest.substr(1));
}

void set_tls(const Scheme& scheme, const Query& query, bool has_port, Url& url) {
  url.tls = query.tls.value_or(scheme.tls);
  if (url.tls == scheme.tls) return;
  if (url.tls) refuse("says tls=1, but its scheme has no TLS");
  if (!scheme.tls_can_be_off) refuse("says tls=0, but its scheme demands TLS");
  if (!has_port) refuse("says tls=0 and needs a port then");
}

bool is_printable(char c) { return c > ' ' && c < '\x7F'; }

}  // namespace

bool is_remote_url(TextView text) noexcept { return find_scheme(text) != nullptr; }

Url parse_url(TextView text) {
  const std::string_view all = text;
  const Scheme* const scheme = find_scheme(all);
  if (scheme == nullptr) {
    refuse("does not begin with libsql://, https://, http://, wss:// or ws://");
  }
  if (!std::ranges::all_of(all, is_printable)) {
    refuse("holds a space, a control character or one that is not ASCII");
  }
  if (all.find('#') != std::string_view::npos) refuse("has a fragment");
  std::string_view rest = all.substr(scheme->name.size() + 3);
  const std::size_t question = std::min(rest.find('?'), rest.size());
  const Query query = parse_query(rest.substr(std::min(question + 1, rest.size())));
  rest = rest.substr(0, question);
  const std::size_t slash = std::min(rest.find('/'), rest.size());

  Url url;
  url.protocol = scheme->protocol;
  const auto port = parse_authority(rest.substr(0, slash), url);
  set_tls(*scheme, query, port.has_value(), url);
  url.port = port.value_or(url.tls ? 443 : 80);
  url.path = rest.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  url.auth_token = query.auth_token;
  return url;
}

std::string Url::authority() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  std::string result = is_ipv6 ? '[' + host + ']' : host;
  if (port != (tls ? 443 : 80)) result += ':' + std::to_string(port);
  return result;
}

bool Url::is_loopback() const {
  if (host == "localhost" || host == "::1") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

bool Url::same_origin(const Url& other) const {
  return tls == other.tls && host == other.host && port == other.port;
}

}  // namespace libsql::remote
