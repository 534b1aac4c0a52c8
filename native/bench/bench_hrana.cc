// Decoding of answers: 10,000 rows from JSON and Protobuf, against simdjson walking the same JSON
// without making values, which is the least that any reader of JSON does.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "hrana/codec.h"
#include "simdjson.h"

namespace libsql::hrana {
namespace {

constexpr int kRows = 10'000;

// Reads every value and keeps none.
class Sum : public Receiver {
 public:
  void begin(RequestType /*type*/, std::uint32_t /*steps*/) override {}
  void step_begin(std::uint32_t /*step*/, std::span<const Column> /*columns*/) override {}
  bool row(std::span<const ValueView> values) override {
    for (const ValueView& value : values) {
      sum += static_cast<std::uint64_t>(value.integer()) + value.bytes().size();
    }
    return true;
  }
  void step_end(const StepEnd& /*end*/) override {}
  void step_error(std::uint32_t /*step*/, const ErrorView& /*error*/) override {}
  void replication_index(std::optional<std::uint64_t> /*index*/) override {}
  void fetched(bool /*done*/) override {}
  void description(const Description& /*description*/) override {}
  void autocommit(bool /*is_autocommit*/) override {}
  void end() override {}
  void error(const ErrorView& /*error*/) override {}

  std::uint64_t sum = 0;
};

// id, name, price, picture
std::string body_of(Encoding encoding) {
  const auto codec = make_server_codec(encoding);
  const auto writer = codec->write_pipeline();
  const std::vector<Column> columns{
      {"id", "INTEGER"}, {"name", "TEXT"}, {"price", "REAL"}, {"picture", "BLOB"}};
  writer->begin(RequestType::execute, 0);
  writer->step_begin(0, columns);
  const std::string picture(24, '\xA5');
  for (int i = 0; i < kRows; ++i) {
    const std::string name = "the name of product " + std::to_string(i);
    const std::vector<ValueView> row{ValueView(i), ValueView(name), ValueView(i * 0.25),
                                     ValueView::blob(picture)};
    static_cast<void>(writer->row(row));
  }
  writer->step_end({});
  writer->end();
  return codec->pipeline_body({}, writer->take());
}

void decode(benchmark::State& state, Encoding encoding) {
  const std::string received = body_of(encoding);
  const auto codec = make_client_codec(encoding);
  const std::vector<Request> requests{Execute{}};
  std::string body;
  for (auto _ : state) {
    body = received;  // Base64 is decoded in place.
    Sum sum;
    codec->decode_pipeline(body, requests, sum);
    benchmark::DoNotOptimize(sum.sum);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(received.size()));
  state.SetItemsProcessed(state.iterations() * kRows);
}

void walk(simdjson::ondemand::value value, std::size_t& scalars) {
  if (value.type() == simdjson::ondemand::json_type::object) {
    for (auto member : value.get_object()) walk(member.value().value(), scalars);
  } else if (value.type() == simdjson::ondemand::json_type::array) {
    for (auto item : value.get_array()) walk(item.value(), scalars);
  } else {
    scalars += value.raw_json_token().size();
  }
}

void walk_json(benchmark::State& state) {
  const std::string received = body_of(Encoding::json);
  simdjson::ondemand::parser parser;
  std::string body;
  for (auto _ : state) {
    body = received;
    body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    auto document = parser.iterate(body).value();
    std::size_t scalars = 0;
    walk(document.get_value().value(), scalars);
    benchmark::DoNotOptimize(scalars);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(received.size()));
  state.SetItemsProcessed(state.iterations() * kRows);
}

BENCHMARK(walk_json)->Name("simdjson walk of 10,000 rows");
BENCHMARK_CAPTURE(decode, json, Encoding::json)->Name("decode 10,000 rows of JSON");
BENCHMARK_CAPTURE(decode, protobuf, Encoding::protobuf)->Name("decode 10,000 rows of Protobuf");

}  // namespace
}  // namespace libsql::hrana

BENCHMARK_MAIN();
