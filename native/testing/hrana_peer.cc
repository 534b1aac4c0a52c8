#include "testing/hrana_peer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "hrana/request_info.h"

namespace libsql::testing {

using hrana::RequestType;

namespace {

void add_sql(const hrana::SqlSource& source, std::vector<std::string>& texts) {
  const auto* const text = std::get_if<std::string_view>(&source);
  texts.push_back(text != nullptr ? std::string(*text)
                                  : '#' + std::to_string(std::get<std::int32_t>(source)));
}

struct AddSql {
  HranaPeer::Received& received;

  void operator()(const hrana::Execute& request) const { add_sql(request.stmt.sql, received.sql); }
  void operator()(const hrana::RunBatch& request) const { add(request.batch); }
  void operator()(const hrana::OpenCursor& request) const {
    received.cursor_id = request.cursor_id;
    add(request.batch);
  }
  void operator()(const hrana::CloseCursor& request) const {
    received.cursor_id = request.cursor_id;
  }
  void operator()(const hrana::FetchCursor& request) const {
    received.cursor_id = request.cursor_id;
    received.sql = {std::to_string(request.max_count)};
  }
  void operator()(const hrana::Sequence& request) const { add_sql(request.sql, received.sql); }
  void operator()(const hrana::Describe& request) const { add_sql(request.sql, received.sql); }
  void operator()(const hrana::StoreSql& request) const { received.sql.emplace_back(request.sql); }
  void operator()(const auto& /*request*/) const {}

 private:
  void add(const hrana::Batch& batch) const {
    for (const auto& step : batch.steps) add_sql(step.stmt.sql, received.sql);
  }
};

void write_step(hrana::Receiver& writer, std::uint32_t step, const std::string& sql) {
  const std::array<hrana::Column, 1> columns{hrana::Column{"sql", std::nullopt}};
  const std::array<ValueView, 1> values{ValueView(std::string_view(sql))};
  writer.step_begin(step, columns);
  static_cast<void>(writer.row(values));
  writer.step_end({});
}

}  // namespace

std::string HranaPeer::Received::text() const {
  if (is_hello) return jwt.empty() ? "hello" : "hello " + jwt;
  const auto& info = hrana::info_of(type);
  std::string result(info.socket_name);
  if (info.on_stream) result += ' ' + std::to_string(stream_id);
  for (const std::string& one : sql) result += ' ' + one;
  return result;
}

HranaPeer::HranaPeer(ServerSocket& socket, hrana::Encoding encoding)
    : socket_(socket), encoding_(encoding), codec_(hrana::make_server_codec(encoding)) {}

void HranaPeer::send(const std::string& message) {
  if (encoding_ == hrana::Encoding::json) {
    socket_.send(message);
  } else {
    socket_.send_binary(message);
  }
}

std::optional<HranaPeer::Received> HranaPeer::next() {
  auto message = socket_.read();
  if (!message) return std::nullopt;
  const auto decoded = codec_->decode_message(*message);
  Received received;
  if (const auto* const hello = std::get_if<hrana::Hello>(&decoded)) {
    received.is_hello = true;
    received.jwt = std::string(hello->jwt.value_or(""));
    return received;
  }
  const auto& request = std::get<hrana::SocketRequest>(decoded);
  received.request_id = request.request_id;
  received.stream_id = request.stream_id;
  received.type = hrana::type_of(request.request);
  std::visit(AddSql{received}, request.request);
  return received;
}

std::optional<HranaPeer::Received> HranaPeer::next(RequestType type) {
  while (auto received = next()) {
    if (!received->is_hello && received->type == type) return received;
    ok(*received);
  }
  return std::nullopt;
}

void HranaPeer::hello_ok() { send(codec_->hello_ok()); }

void HranaPeer::hello_error(const std::string& message, const std::string& code) {
  send(codec_->hello_error({message, std::string_view(code), std::nullopt}));
}

std::string HranaPeer::answer_to(const Received& received) {
  const auto writer = codec_->write_response(received.request_id);
  writer->begin(received.type, static_cast<std::uint32_t>(received.sql.size()));
  if (received.type == RequestType::execute || received.type == RequestType::batch) {
    for (std::uint32_t i = 0; i < received.sql.size(); ++i) {
      write_step(*writer, i, received.sql[i]);
    }
  } else if (received.type == RequestType::get_autocommit) {
    writer->autocommit(true);
  } else if (received.type == RequestType::describe) {
    writer->description({});
  } else if (received.type == RequestType::fetch_cursor) {
    int left = std::stoi(received.sql[0]);
    if (fetched_ == 0 && left-- > 0) {
      const std::array<hrana::Column, 1> columns{hrana::Column{"n", std::nullopt}};
      writer->step_begin(0, columns);
    }
    for (; left > 0 && fetched_ < cursor_rows; --left) {
      const std::array<ValueView, 1> values{ValueView(std::int64_t{++fetched_})};
      static_cast<void>(writer->row(values));
    }
    const bool done = fetched_ == cursor_rows && left > 0;
    if (done) writer->step_end({});
    writer->fetched(done);
  } else if (received.type == RequestType::open_cursor) {
    fetched_ = 0;
  }
  writer->end();
  return writer->take();
}

void HranaPeer::ok(const Received& received) {
  if (received.is_hello) {
    hello_ok();
  } else {
    send(answer_to(received));
  }
}

void HranaPeer::error(const Received& received, const std::string& message,
                      const std::string& code) {
  const auto writer = codec_->write_response(received.request_id);
  writer->error({message, std::string_view(code), std::nullopt});
  send(writer->take());
}

void HranaPeer::serve() {
  while (const auto received = next()) ok(*received);
}

void HranaPeer::serve(std::vector<std::string>& seen) {
  while (const auto received = next()) {
    seen.push_back(received->text());
    ok(*received);
  }
}

}  // namespace libsql::testing
