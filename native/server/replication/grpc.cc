#include "server/replication/grpc.h"

#include <array>

#include "core/big_endian.h"
#include "hrana/malformed.h"
#include "libsql/error.h"

#include <protozero/exception.hpp>

namespace libsql::server::replication {
namespace {

constexpr std::size_t kHeadBytes = 5;
constexpr unsigned char kTrailers = 0x80;

void append_head(unsigned char flags, std::size_t bytes, std::string& out) {
  std::array<unsigned char, kHeadBytes> head{flags};
  core::store_be32(head.data() + 1, static_cast<std::uint32_t>(bytes));
  out.append(reinterpret_cast<const char*>(head.data()), head.size());
}

// As the protocol wants it: what is not printable ASCII, and the percent sign.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x20 && byte < 0x7F && letter != '%') {
      encoded += letter;
    } else {
      encoded.append({'%', kDigits[byte >> 4U], kDigits[byte & 15U]});
    }
  }
  return encoded;
}

}  // namespace

GrpcError grpc_error(const RequestRefused& error) {
  const std::string message = error.what();
  switch (error.status()) {
    case 401:
      return {GrpcCode::unauthenticated, "AuthError: " + message};
    case 403:
      return {GrpcCode::permission_denied, message};
    case 429:
      return {GrpcCode::resource_exhausted, message};
    default:
      return {GrpcCode::invalid_argument, message};
  }
}

std::string_view grpc_message(std::string_view body) {
  const auto* const head = reinterpret_cast<const unsigned char*>(body.data());
  if (body.size() < kHeadBytes || head[0] != 0 ||
      core::load_be32(head + 1) != body.size() - kHeadBytes) {
    throw GrpcError(GrpcCode::invalid_argument,
                    "the body is not one uncompressed message of gRPC-web");
  }
  return body.substr(kHeadBytes);
}

Access grpc_access(const Services& services, const HttpRequest& request) {
  const auto found = request.message.find("x-authorization");
  auto value = request.header(boost::beast::http::field::authorization);
  if (found != request.message.end()) {
    value = std::string_view(found->value().data(), found->value().size());
  }
  try {
    return services.authenticator.by_header(value);
  } catch (const RequestRefused& error) {
    throw grpc_error(error);
  }
}

void append_message_head(std::size_t bytes, std::string& out) { append_head(0, bytes, out); }

// Clients find no status behind a space.
void append_trailers(GrpcCode code, std::string_view message, std::string& out) {
  std::string lines = "grpc-status:" + std::to_string(static_cast<int>(code)) + "\r\n";
  if (!message.empty()) lines += "grpc-message:" + percent_encoded(message) + "\r\n";
  append_head(kTrailers, lines.size(), out);
  out += lines;
}

PoolAnswer grpc_answer(const std::function<PoolAnswer()>& make) {
  try {
    return make();
  } catch (const GrpcError& error) {
    return grpc_failure(error);
  } catch (const hrana::Malformed& error) {
    return grpc_failure({GrpcCode::invalid_argument, error.what()});
  } catch (const protozero::exception& error) {
    return grpc_failure({GrpcCode::invalid_argument, error.what()});
  } catch (const Error& error) {
    const bool never = error.kind() == ErrorKind::unsupported;
    return grpc_failure({never ? GrpcCode::unimplemented : GrpcCode::internal, error.message()});
  }
}

HttpResponse grpc_response(std::string_view message) {
  HttpResponse response{200, std::string(kGrpcWeb), {}};
  append_message_head(message.size(), response.body);
  response.body += message;
  append_trailers(GrpcCode::ok, {}, response.body);
  return response;
}

HttpResponse grpc_failure(const GrpcError& error) {
  HttpResponse response{200, std::string(kGrpcWeb), {}};
  append_trailers(error.code(), error.what(), response.body);
  return response;
}

}  // namespace libsql::server::replication
