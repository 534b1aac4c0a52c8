// Declares the options to CLI11.
#include "server/arguments.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <CLI/CLI.hpp>

#include "libsql/database.h"

namespace libsql::server {
namespace {

constexpr int kUsage = 2;

struct Texts {
  std::string database;
  std::string token_variable;
  std::string read_only_variable;
  std::string jwt_key_file;
  double idle_seconds = 10;
  double transaction_seconds = 5;
};

void declare_tokens(CLI::App& app, Arguments& arguments, Texts& texts) {
  app.add_option("--token-env", texts.token_variable,
                 "The environment variable with a token that allows everything")
      ->type_name("NAME");
  app.add_option("--read-only-token-env", texts.read_only_variable,
                 "The environment variable with a token that allows reading")
      ->type_name("NAME");
  app.add_option("--jwt-key-file", texts.jwt_key_file,
                 "The public keys of JSON web tokens (EdDSA): PEM, or one raw key in base64url")
      ->type_name("FILE");
  auto* const certificate =
      app.add_option("--cert", arguments.options.certificate_file, "TLS: the certificates, in PEM")
          ->type_name("FILE");
  auto* const key =
      app.add_option("--key", arguments.options.key_file, "TLS: their private key, in PEM")
          ->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
}

void declare(CLI::App& app, Arguments& arguments, Texts& texts) {
  Options& options = arguments.options;
  options.port = 8080;
  app.add_option("DATABASE", texts.database,
                 "The database's file; without one, or as :memory:, it is gone with the server");
  app.add_option("--host", options.host, "The address to listen on")->capture_default_str();
  app.add_option("--port", options.port, "The port; 0 for a free one")->capture_default_str();
  declare_tokens(app, arguments, texts);
  app.add_option("--stream-idle-time", texts.idle_seconds,
                 "Seconds after which an HTTP stream expires that nobody uses")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 86'400.0));
  app.add_option("--transaction-time", texts.transaction_seconds,
                 "Seconds after which a transaction that keeps another writer waiting ends")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 86'400.0));
  app.add_option("--max-streams", options.most_streams, "How many streams may be open")
      ->capture_default_str();
  app.add_option("--max-response-size", options.most_response_bytes,
                 "How many bytes the answer to one request may have; cursors have no limit")
      ->capture_default_str();
  app.add_flag("--generations", options.generations,
               "Replicas sync by GET /info, /export and /sync (\"V2\") in place of /pull-updates");
  app.add_flag("--stop-with-stdin", arguments.stop_with_stdin,
               "Stop when the standard input ends: with the process that has the other end");
  app.set_version_flag("--version", std::string("libsql-dev-server ") + LIBSQL_VERSION +
                                        " (SQLite " + std::string(sqlite_version()) + ")");
  app.footer(
      "For development and tests. Once it listens, it prints one line:\n"
      "  listening http://127.0.0.1:8080\n"
      "SIGTERM and SIGINT stop it; requests that run have two seconds to end.");
}

std::optional<TokenDigest> read_token(const std::string& variable) {
  if (variable.empty()) return std::nullopt;
  const char* const token = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): alone
  if (token == nullptr || *token == '\0') {
    throw CLI::ValidationError("the environment variable " + variable + " is not set");
  }
  return TokenDigest(token);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file || text.empty()) throw CLI::ValidationError("cannot read " + path);
  return text;
}

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

void fill_in(const Texts& texts, Options& options) {
  if (texts.database != ":memory:") options.database = texts.database;
  options.token = read_token(texts.token_variable);
  options.read_only_token = read_token(texts.read_only_variable);
  if (!texts.jwt_key_file.empty()) options.jwt_keys = read_file(texts.jwt_key_file);
  options.stream_idle_time = milliseconds(texts.idle_seconds);
  options.transaction_time = milliseconds(texts.transaction_seconds);
}

}  // namespace

std::optional<int> parse_arguments(int argc, char** argv, Arguments& arguments) {
  Texts texts;
  CLI::App app("A libSQL server for development and tests", "libsql-dev-server");
  declare(app, arguments, texts);
  try {
    app.parse(argc, argv);
    fill_in(texts, arguments.options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
  return std::nullopt;
}

}  // namespace libsql::server
