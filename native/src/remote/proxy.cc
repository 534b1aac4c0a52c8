#include "remote/proxy.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string_view>

#include "hrana/base64.h"
#include "libsql/error.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

namespace libsql::remote {

namespace ip = boost::asio::ip;

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// `source` says where the text comes from: "the environment variable HTTPS_PROXY".
[[noreturn]] void refuse(const std::string& source, const std::string& problem) {
  throw Error(ErrorKind::invalid_argument, "the proxy in " + source + ' ' + problem +
                                               ": http://[user:password@]host[:port] is expected");
}

std::string percent_decoded(std::string_view text, const std::string& source) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* const digits = text.data() + i + 1;
    const char* const end = text.data() + std::min(i + 3, text.size());
    if (end - digits != 2 || std::from_chars(digits, end, byte, 16).ptr != end) {
      refuse(source, "has a percent sign in its credentials that no byte follows");
    }
    result += static_cast<char>(byte);
    i += 2;
  }
  return result;
}

std::string basic_authorization(std::string_view user_info, const std::string& source) {
  const std::size_t colon = std::min(user_info.find(':'), user_info.size());
  const std::string user = percent_decoded(user_info.substr(0, colon), source);
  const std::string password =
      percent_decoded(user_info.substr(std::min(colon + 1, user_info.size())), source);
  std::string result = "Basic ";
  hrana::append_base64(user + ':' + password, result);
  // The scheme "Basic" wants padding (RFC 4648, section 4).
  while ((result.size() - 6) % 4 != 0) result += '=';
  return result;
}

Url parse_host(std::string_view text, const std::string& source) {
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.find_first_of("/?") != std::string_view::npos) {
    refuse(source, "has more than a host and a port");
  }
  try {
    return parse_url("http://" + std::string(text));
  } catch (const Error&) {
    refuse(source, "has a host or a port that is none");
  }
}

Proxy parse_proxy(std::string_view text, const std::string& source) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end != std::string_view::npos) {
    if (lower(text.substr(0, scheme_end)) != "http") refuse(source, "has another scheme");
    text.remove_prefix(scheme_end + 3);
  }
  Proxy proxy;
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    proxy.authorization = basic_authorization(text.substr(0, at), source);
    text.remove_prefix(at + 1);
  }
  const Url url = parse_host(text, source);
  proxy.host = url.host;
  proxy.port = url.port;
  return proxy;
}

struct Variable {
  std::string name;
  std::string_view value;

  [[nodiscard]] Proxy proxy() const {
    return parse_proxy(value, "the environment variable " + name);
  }
};

// The first of these that is set and not empty.
std::optional<Variable> find(const ProxySettings::Environment& environment,
                             const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const char* const value = environment(name.c_str());
    if (value != nullptr && !trimmed(value).empty()) return Variable{name, trimmed(value)};
  }
  return std::nullopt;
}

bool is_in_network(const std::string& host, const std::string& network) {
  boost::system::error_code error;
  const auto address = ip::make_address(host, error);
  if (error) return false;
  if (address.is_v4()) {
    const auto in = ip::make_network_v4(network, error);
    return !error &&
           ip::make_network_v4(address.to_v4(), in.prefix_length()).canonical() == in.canonical();
  }
  const auto in = ip::make_network_v6(network, error);
  return !error &&
         ip::make_network_v6(address.to_v6(), in.prefix_length()).canonical() == in.canonical();
}

// `name`, or a host below it.
bool is_under(const std::string& host, std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(1);
  if (name.starts_with('.')) name.remove_prefix(1);
  if (name.empty() || !host.ends_with(name)) return false;
  return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

}  // namespace

std::string Proxy::authority() const {
  Url url;
  url.tls = false;
  url.host = host;
  url.port = port;
  return url.authority();
}

ProxySettings ProxySettings::from_environment(const Environment& environment) {
  ProxySettings settings;
  if (const auto all = find(environment, {"all_proxy", "ALL_PROXY"})) {
    settings.for_tls_ = settings.for_plain_ = all->proxy();
  }
  if (const auto tls = find(environment, {"https_proxy", "HTTPS_PROXY"})) {
    settings.for_tls_ = tls->proxy();
  }
  std::vector<std::string> plain_names{"http_proxy"};
  if (environment("REQUEST_METHOD") == nullptr) plain_names.emplace_back("HTTP_PROXY");
  if (const auto plain = find(environment, plain_names)) {
    settings.for_plain_ = plain->proxy();
  }
  if (const auto none = find(environment, {"no_proxy", "NO_PROXY"})) {
    std::string_view rest = none->value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const std::string_view name = trimmed(rest.substr(0, end));
      if (!name.empty()) settings.exceptions_.push_back(lower(name));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return settings;
}

ProxySettings ProxySettings::for_all(std::string_view url) {
  ProxySettings settings;
  if (!url.empty()) settings.for_tls_ = settings.for_plain_ = parse_proxy(url, "the option proxy");
  return settings;
}

const Proxy* ProxySettings::for_server(const Url& server) const {
  const auto& proxy = server.tls ? for_tls_ : for_plain_;
  if (!proxy || server.is_loopback() || is_exception(server)) return nullptr;
  return &*proxy;
}

bool ProxySettings::is_exception(const Url& server) const {
  const std::string port = ':' + std::to_string(server.port);
  return std::ranges::any_of(exceptions_, [&](const std::string& exception) {
    if (exception == "*" || is_in_network(server.host, exception)) return true;
    std::string_view name = exception;
    // An IPv6 address has a port only behind its brackets.
    const bool can_have_port = name.starts_with('[') || name.find(':') == name.rfind(':');
    if (can_have_port && name.ends_with(port)) name.remove_suffix(port.size());
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    return is_under(server.host, name);
  });
}

}  // namespace libsql::remote
