#include "server/origin.h"

#include <string>

#include <boost/asio/ip/address.hpp>

namespace libsql::server {
namespace {

// Of scheme "://" host [":" port]; empty for anything else, such as "null".
std::string_view host_of(std::string_view origin) noexcept {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view rest = origin.substr(scheme + 3);
  if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
  return rest.substr(0, rest.find(':'));
}

}  // namespace

bool is_local_origin(std::string_view origin) {
  const std::string_view host = host_of(origin);
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(host), error);
  return !error && address.is_loopback();
}

}  // namespace libsql::server
