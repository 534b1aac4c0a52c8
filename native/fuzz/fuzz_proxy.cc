// What replicas send to the development server: read or refused, and a condition names only earlier
// steps.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/check.h"
#include "hrana/condition.h"
#include "hrana/malformed.h"
#include "server/replication/proxy_messages.h"

#include <protozero/exception.hpp>

namespace libsql::fuzz {
namespace {

void read_all(std::string_view message) {
  namespace replication = server::replication;
  const replication::ProxyProgram program = replication::read_program(message);
  for (std::size_t i = 0; i < program.batch.steps.size(); ++i) {
    const hrana::BatchStep& step = program.batch.steps[i];
    if (step.condition) check(hrana::refers_back(*step.condition, i), "conditions refer back");
    for (const ValueView& value : step.stmt.args) {
      const std::string_view bytes = value.bytes();
      check(bytes.empty() || (bytes.data() >= message.data() &&
                              bytes.data() + bytes.size() <= message.data() + message.size()),
            "values are in the message");
    }
  }
}

}  // namespace
}  // namespace libsql::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  try {
    libsql::fuzz::read_all(message);
    static_cast<void>(libsql::server::replication::read_describe(message));
    static_cast<void>(libsql::server::replication::read_disconnect(message));
  } catch (const libsql::hrana::Malformed&) {
  } catch (const protozero::exception&) {
  }
  return 0;
}
