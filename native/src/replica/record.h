// A small file of names and values, one pair a line, with a checksum: what the sidecar and the live
// record are written as.
//
//     libsql-replica 1
//     primary "https://db.example.org"
//     frame 42
//     checksum 9f86d081884c7d65
#ifndef LIBSQL_REPLICA_RECORD_H_
#define LIBSQL_REPLICA_RECORD_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::replica {

class Record {
 public:
  void set(const std::string& name, std::uint64_t number);
  void set(const std::string& name, std::string_view text);

  // Nothing if the name is absent or its value of the other type.
  [[nodiscard]] std::optional<std::uint64_t> number(const std::string& name) const;
  [[nodiscard]] std::optional<std::string> text(const std::string& name) const;

  [[nodiscard]] std::string encode(std::string_view first_line) const;
  // Nothing unless the bytes are what encode() has made with that first line, to their end. Zeros
  // behind them are ignored.
  [[nodiscard]] static std::optional<Record> decode(std::string_view bytes,
                                                    std::string_view first_line);

 private:
  // Values as written: digits, or a text in quotes.
  std::map<std::string, std::string> values_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_RECORD_H_
