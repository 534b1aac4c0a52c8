// proxy.Proxy: what replicas of V1 forward. Requests are written and answers read field by field.
#include <cstring>
#include <string>
#include <vector>

#include "hrana/protobuf_reader.h"
#include "replica/grpc_web.h"
#include "server/replication/proxy_messages.h"
#include "server_test.h"

#include <protozero/pbf_writer.hpp>

namespace libsql {
namespace {

using hrana::protobuf::Fields;
using protozero::pbf_writer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string message_with(std::uint32_t field, const std::string& content) {
  std::string message;
  pbf_writer(message).add_message(field, content);
  return message;
}

// A number of 32 or 64 bits as values have it.
template <typename Number>
std::string bytes_of(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}
std::string integer(std::int64_t number) { return bytes_of(std::uint32_t{1}) + bytes_of(number); }
std::string text(const std::string& text) {
  return bytes_of(std::uint32_t{3}) + bytes_of(std::uint64_t{text.size()}) + text;
}

std::string value(const std::string& data) {
  std::string message;
  pbf_writer(message).add_bytes(1, data);
  return message;
}

// Query, with values by position.
std::string query(const std::string& sql, const std::vector<std::string>& values = {}) {
  std::string positional;
  for (const std::string& data : values) pbf_writer(positional).add_message(1, value(data));
  std::string message;
  pbf_writer writer(message);
  writer.add_string(1, sql);
  writer.add_message(2, positional);
  return message;
}

std::string step(const std::string& query, const std::string& condition = {}) {
  std::string message;
  pbf_writer writer(message);
  if (!condition.empty()) writer.add_message(1, condition);
  writer.add_message(2, query);
  return message;
}

std::string condition_of(std::uint32_t kind, std::int64_t step) {
  std::string number;
  pbf_writer(number).add_int64(1, step);
  return message_with(kind, number);
}

std::string program(const std::vector<std::string>& steps, const std::string& client = "c") {
  std::string content;
  for (const std::string& one : steps) pbf_writer(content).add_message(1, one);
  std::string message;
  pbf_writer writer(message);
  writer.add_string(1, client);
  writer.add_message(2, content);
  return message;
}

// Data as text: "i7", "tabc", "n".
std::string shown(std::string_view data) {
  const char tag = data.at(0);
  if (tag == 0) return "n";
  if (tag == 3) return "t" + std::string(data.substr(12));
  std::int64_t number = 0;
  std::memcpy(&number, data.data() + 4, sizeof number);
  return "i" + std::to_string(number);
}

// Fields of ResultRows in order: columns "name:type", rows "|value|value", "changed N", "rowid N".
std::string shown_rows(std::string_view message) {
  std::string out;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        for (Fields column(fields.message("column")); column.next();) {
          out += (column.number() == 1 ? "" : ":") + std::string(column.text("text"));
        }
        out += ' ';
        break;
      case 2:
        for (Fields row(fields.message("row")); row.next();) {
          for (Fields one(row.message("value")); one.next();) out += '|' + shown(one.bytes("data"));
        }
        out += ' ';
        break;
      case 3:
        out += "changed " + std::to_string(fields.uint64("changed"));
        break;
      default:
        out += " rowid " + std::to_string(fields.uint64("rowid"));
    }
  }
  return out;
}

std::string shown_error(std::string_view message) {
  std::string out = "error";
  for (Fields fields(message); fields.next();) {
    out += fields.number() == 3 ? " " + std::to_string(fields.int32("code"))
                                : " " + std::string(fields.text("message"));
  }
  return out;
}

std::string shown_result(std::string_view message) {
  std::string out;
  for (Fields fields(message); fields.next();) {
    const std::string_view content = fields.message("result");
    out += fields.number() == 1 ? shown_error(content) : shown_rows(content);
  }
  return out;
}

class ProxyTest : public testing::ServerTest {
 protected:
  struct Results {
    std::vector<std::string> steps;
    bool in_transaction = false;
    std::optional<std::uint64_t> index;
  };

  // The message of the answer; the status of a call that fails.
  [[nodiscard]] std::string call(const std::string& method, const std::string& message,
                                 const std::string& headers = {}) {
    const std::string body =
        connect().post("/proxy.Proxy/" + method, replica::grpc_request(message), headers).body;
    std::string answer;
    replica::GrpcWebReader reader;
    reader.feed(body, {[&](std::string_view bytes) { answer += bytes; }, [] {}});
    reader.finish();
    const replica::GrpcStatus status = reader.status().value();
    return status.code == 0 ? answer : std::to_string(status.code) + " " + status.message;
  }
  [[nodiscard]] Results run(const std::vector<std::string>& steps,
                            const std::string& client = "c") {
    const std::string message = call("Execute", program(steps, client));
    Results results;
    for (Fields fields(message); fields.next();) {
      if (fields.number() == 1) {
        results.steps.push_back(shown_result(fields.message("result")));
      } else if (fields.number() == 2) {
        results.in_transaction = fields.int32("state") == 2;
      } else {
        results.index = fields.uint64("index");
      }
    }
    return results;
  }
};

TEST_F(ProxyTest, RunsTheStepsOfAProgram) {
  const Results results =
      run({step(query("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)")),
           step(query("INSERT INTO t(a) VALUES (?), (?)", {text("x"), text("")})),
           step(query("SELECT id, a, NULL AS n FROM t WHERE id < ?", {integer(9)}))});
  EXPECT_THAT(results.steps, ElementsAre("changed 0", "changed 2 rowid 2",
                                         "id:INTEGER a:TEXT n |i1|tx|n |i2|t|n changed 0"));
  EXPECT_FALSE(results.in_transaction);
}

TEST_F(ProxyTest, BindsByName) {
  std::string named;
  pbf_writer writer(named);
  writer.add_string(1, ":a");
  writer.add_message(2, value(integer(7)));
  std::string message;
  pbf_writer query_writer(message);
  query_writer.add_string(1, "SELECT :a + 1 AS b");
  query_writer.add_message(3, named);
  EXPECT_THAT(run({step(message)}).steps, ElementsAre("b |i8 changed 0"));
}

TEST_F(ProxyTest, HasAResultForStepsThatAreSkipped) {
  const Results results =
      run({step(query("SELECT x")), step(query("SELECT 1"), condition_of(1, 0)),
           step(query("SELECT 2 AS two"), condition_of(2, 0)),
           step(query("SELECT 3 AS three"), message_with(3, message_with(1, condition_of(1, 0))))});
  EXPECT_THAT(results.steps,
              ElementsAre(StartsWith("error "), "", "two |i2 changed 0", "three |i3 changed 0"));
}

TEST_F(ProxyTest, ErrorsHaveSqlitesExtendedCode) {
  const Results results =
      run({step(query("CREATE TABLE t(a UNIQUE)")), step(query("INSERT INTO t VALUES (1), (1)"))});
  EXPECT_THAT(results.steps.at(1), HasSubstr("UNIQUE constraint failed: t.a 2067"));
}

TEST_F(ProxyTest, ATransactionSpansTheCallsOfItsClient) {
  static_cast<void>(run({step(query("CREATE TABLE t(a)"))}));
  EXPECT_TRUE(run({step(query("BEGIN")), step(query("INSERT INTO t VALUES (1)"))}).in_transaction);
  EXPECT_THAT(run({step(query("SELECT count(*) AS n FROM t"))}).steps,
              ElementsAre("n |i1 changed 0"));
  EXPECT_THAT(run({step(query("SELECT count(*) AS n FROM t"))}, "other").steps,
              ElementsAre("n |i0 changed 0"));
  EXPECT_FALSE(run({step(query("COMMIT"))}).in_transaction);
  EXPECT_EQ(value_of("SELECT count(*) FROM t"), R"({"type":"integer","value":"1"})");
}

TEST_F(ProxyTest, DisconnectRollsBack) {
  static_cast<void>(run({step(query("CREATE TABLE t(a)"))}));
  static_cast<void>(run({step(query("BEGIN")), step(query("INSERT INTO t VALUES (1)"))}));
  std::string message;
  pbf_writer(message).add_string(1, "c");
  EXPECT_EQ(call("Disconnect", message), "");
  const Results results = run({step(query("SELECT count(*) AS n FROM t"))});
  EXPECT_THAT(results.steps, ElementsAre("n |i0 changed 0"));
  EXPECT_FALSE(results.in_transaction);
}

TEST_F(ProxyTest, NamesThePositionThatHasTheWrite) {
  EXPECT_EQ(run({step(query("CREATE TABLE t(a)"))}).index, std::nullopt);
  static_cast<void>(connect().post("/wal_log.ReplicationLog/Hello", replica::grpc_request("")));
  const auto index = run({step(query("INSERT INTO t VALUES (1)"))}).index;
  ASSERT_TRUE(index.has_value());
  EXPECT_EQ(run({step(query("INSERT INTO t VALUES (1)"))}).index, *index + 1);
}

TEST_F(ProxyTest, DescribesColumnsAndParameters) {
  std::string message;
  pbf_writer writer(message);
  writer.add_string(1, "c");
  writer.add_string(2, "SELECT ?, :name AS a");
  std::vector<std::string> names;
  std::uint64_t count = 0;
  const std::string answer = call("Describe", message);
  for (Fields result(answer); result.next();) {
    EXPECT_EQ(result.number(), 2U);
    for (Fields fields(result.message("description")); fields.next();) {
      if (fields.number() == 2) names.emplace_back(fields.text("name"));
      if (fields.number() == 3) count = fields.uint64("count");
      if (fields.number() == 1) fields.skip();
    }
  }
  EXPECT_THAT(names, ElementsAre(":name"));
  EXPECT_EQ(count, 2U);
}

TEST_F(ProxyTest, ATokenForReadingDoesNotWrite) {
  server::Options options;
  options.read_only_token = server::TokenDigest("reader");
  start(std::move(options));
  const std::string header = "x-authorization: Bearer reader\r\n";
  EXPECT_THAT(call("Execute", program({step(query("SELECT 1"))}), header),
              ::testing::Not(StartsWith("7 ")));
  EXPECT_THAT(call("Execute", program({step(query("CREATE TABLE t(a)"))}), header),
              StartsWith("7 "));
  EXPECT_THAT(call("Execute", program({step(query("SELECT 1"))})), StartsWith("16 AuthError"));
}

TEST_F(ProxyTest, RefusesProgramsThatMakeNoSense) {
  std::string deep = condition_of(6, 0);
  for (int i = 0; i < 200; ++i) deep = message_with(3, message_with(1, deep));
  for (const std::string& one :
       {step(query("SELECT 1"), condition_of(1, 0)), step(query("SELECT 1"), condition_of(1, -1)),
        step(query("SELECT 1"), deep), step(query("SELECT ?", {"\x05"})),
        step(query("SELECT ?", {std::string("\x07\0\0\0", 4)})),
        step(query("SELECT ?", {text("abc").substr(0, 14)})),
        step(query("SELECT ?", {integer(1).substr(0, 6)}))}) {
    EXPECT_THAT(call("Execute", program({one})), StartsWith("3 "));
  }
}

}  // namespace
}  // namespace libsql
