// Reads what clients send to proxy.Proxy.
#include <algorithm>
#include <cstring>
#include <utility>

#include "hrana/limits.h"
#include "hrana/malformed.h"
#include "hrana/protobuf_reader.h"
#include "server/replication/log_frame.h"
#include "server/replication/proxy_messages.h"

namespace libsql::server::replication {
namespace {

using hrana::Condition;
using hrana::Fault;
using hrana::Malformed;
using hrana::protobuf::Fields;

// The tags of values.
constexpr std::uint32_t kNull = 0;
constexpr std::uint32_t kInteger = 1;
constexpr std::uint32_t kReal = 2;
constexpr std::uint32_t kText = 3;
constexpr std::uint32_t kBlob = 4;

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// A number of 64 bits behind a value's tag.
std::uint64_t number_of(std::string_view payload) {
  if (payload.size() < sizeof(std::uint64_t)) {
    throw Malformed(Fault::truncated, "value", "ends before its number or length");
  }
  return detail::load_little_endian<std::uint64_t>(bytes_of(payload));
}

std::string_view content_of(std::string_view payload) {
  const std::uint64_t length = number_of(payload);
  payload.remove_prefix(sizeof length);
  if (length != payload.size()) {
    throw Malformed(Fault::truncated, "value", "is not as long as it says");
  }
  return payload;
}

ValueView read_data(std::string_view data) {
  if (data.size() < sizeof(std::uint32_t)) {
    throw Malformed(Fault::truncated, "value", "has no type");
  }
  const auto tag = detail::load_little_endian<std::uint32_t>(bytes_of(data));
  data.remove_prefix(sizeof tag);
  switch (tag) {
    case kNull:
      return {};
    case kInteger:
      return static_cast<std::int64_t>(number_of(data));
    case kReal: {
      const std::uint64_t bits = number_of(data);
      double real = 0;
      std::memcpy(&real, &bits, sizeof real);
      return real;
    }
    case kText:
      return content_of(data);
    case kBlob:
      return ValueView::blob(content_of(data));
    default:
      throw Malformed(Fault::unknown_type, "value", "is of no known type");
  }
}

class ProgramReader {
 public:
  hrana::Batch program(std::string_view message) {
    hrana::Batch batch;
    for (Fields fields(message); fields.next();) {
      if (fields.number() == 1) {
        elements_.add("steps");
        step_ = batch.steps.size();
        batch.steps.push_back(step(fields.message("steps")));
      } else {
        fields.skip();
      }
    }
    return batch;
  }

 private:
  hrana::BatchStep step(std::string_view message) {
    hrana::BatchStep step;
    for (Fields fields(message); fields.next();) {
      switch (fields.number()) {
        case 1:
          step.condition = condition(fields.message("cond"), 1);
          break;
        case 2:
          step.stmt = query(fields.message("query"));
          break;
        default:
          fields.skip();
      }
    }
    return step;
  }

  Condition condition(std::string_view message, std::size_t depth) {
    if (depth > limits_.max_depth) {
      throw Malformed(Fault::too_deep, "cond", "is nested too deeply");
    }
    std::optional<Condition> found;
    for (Fields fields(message); fields.next();) {
      switch (fields.number()) {
        case 1:
          found = Condition::ok(earlier_step(fields.message("ok")));
          break;
        case 2:
          found = Condition::error(earlier_step(fields.message("err")));
          break;
        case 3:
          found = Condition::negation(operand(fields.message("not"), depth));
          break;
        case 4:
          found = Condition::all(operands(fields.message("and"), depth));
          break;
        case 5:
          found = Condition::any(operands(fields.message("or"), depth));
          break;
        case 6:
          static_cast<void>(fields.message("is_autocommit"));
          found = Condition::is_autocommit();
          break;
        default:
          fields.skip();
      }
    }
    if (!found) throw Malformed(Fault::unknown_type, "cond", "is of no known type");
    return std::move(*found);
  }

  [[nodiscard]] std::uint32_t earlier_step(std::string_view message) const {
    std::uint64_t step = 0;
    for (Fields fields(message); fields.next();) {
      if (fields.number() == 1) {
        step = fields.uint64("step");
      } else {
        fields.skip();
      }
    }
    if (step >= step_) throw Malformed(Fault::bad_reference, "cond", "names no earlier step");
    return static_cast<std::uint32_t>(step);
  }

  std::vector<Condition> operands(std::string_view message, std::size_t depth) {
    std::vector<Condition> operands;
    for (Fields fields(message); fields.next();) {
      if (fields.number() == 1) {
        elements_.add("conds");
        operands.push_back(condition(fields.message("conds"), depth + 1));
      } else {
        fields.skip();
      }
    }
    return operands;
  }

  Condition operand(std::string_view message, std::size_t depth) {
    std::vector<Condition> one = operands(message, depth);
    if (one.size() == 1) return std::move(one.front());
    throw Malformed(Fault::missing, "cond", "is not one condition");
  }

  hrana::Stmt query(std::string_view message) {
    hrana::Stmt stmt;
    for (Fields fields(message); fields.next();) {
      switch (fields.number()) {
        case 1:
          stmt.sql = fields.text("stmt");
          break;
        case 2:
          positional(fields.message("positional"), stmt);
          break;
        case 3:
          named(fields.message("named"), stmt);
          break;
        case 4:
          stmt.want_rows = !fields.boolean("skip_rows");
          break;
        default:
          fields.skip();
      }
    }
    return stmt;
  }

  ValueView value(std::string_view message) {
    elements_.add("values");
    ValueView value;
    for (Fields fields(message); fields.next();) {
      if (fields.number() == 1) {
        value = read_data(fields.bytes("data"));
      } else {
        fields.skip();
      }
    }
    return value;
  }

  void positional(std::string_view message, hrana::Stmt& stmt) {
    for (Fields fields(message); fields.next();) {
      if (fields.number() == 1) {
        stmt.args.push_back(value(fields.message("values")));
      } else {
        fields.skip();
      }
    }
  }

  void named(std::string_view message, hrana::Stmt& stmt) {
    std::vector<std::string_view> names;
    std::vector<ValueView> values;
    for (Fields fields(message); fields.next();) {
      switch (fields.number()) {
        case 1:
          elements_.add("names");
          names.push_back(fields.text("names"));
          break;
        case 2:
          values.push_back(value(fields.message("values")));
          break;
        default:
          fields.skip();
      }
    }
    if (names.size() != values.size()) {
      throw Malformed(Fault::missing, "named", "has not one value for each name");
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      stmt.named_args.push_back({names[i], values[i]});
    }
  }

  const hrana::Limits limits_{};
  hrana::ElementCount elements_{limits_};
  std::size_t step_ = 0;  // The one that is being read.
};

}  // namespace

ProxyProgram read_program(std::string_view message) {
  ProxyProgram program;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        program.client = fields.text("client_id");
        break;
      case 2:
        program.batch = ProgramReader().program(fields.message("pgm"));
        break;
      default:
        fields.skip();
    }
  }
  return program;
}

ProxyDescribe read_describe(std::string_view message) {
  ProxyDescribe describe;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        describe.client = fields.text("client_id");
        break;
      case 2:
        describe.sql = fields.text("stmt");
        break;
      default:
        fields.skip();
    }
  }
  return describe;
}

std::string_view read_disconnect(std::string_view message) {
  std::string_view client;
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1) {
      client = fields.text("client_id");
    } else {
      fields.skip();
    }
  }
  return client;
}

}  // namespace libsql::server::replication
