#include "hrana/table_changes.h"

#include <cstddef>
#include <string>

#include "hrana/json_reader.h"
#include "hrana/limits.h"

namespace libsql::hrana {

TableChanges decode_table_changes(std::string_view json) {
  constexpr Limits kLimits{std::size_t{4} << 10, 1, 100};
  TableChanges changes;
  std::string text(json);
  json::Reader reader(kLimits);
  reader.read(text, [&](simdjson::ondemand::object& object) {
    const auto read = [&](std::string_view name, std::uint64_t& count) {
      if (auto value = json::Reader::find(object, name)) count = reader.uint64(name, *value);
    };
    read("insert", changes.inserted);
    read("update", changes.updated);
    read("delete", changes.deleted);
  });
  return changes;
}

}  // namespace libsql::hrana
