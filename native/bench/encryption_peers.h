// Others that encrypt, for bench_encryption: programs that are used where they are installed.
#ifndef LIBSQL_BENCH_ENCRYPTION_PEERS_H_
#define LIBSQL_BENCH_ENCRYPTION_PEERS_H_

#include <optional>
#include <string>

namespace libsql::bench {

inline constexpr const char* kBenchKey = "a key of 32 bytes, used in tests";

// Whether Node.js finds the package libsql.
[[nodiscard]] bool node_available();
// In seconds, as measured inside Node.js: the same statements as ours, on a file in libSQL's
// format.
[[nodiscard]] double node_fill(const std::string& path, int rows, int row_bytes);
[[nodiscard]] double node_points(const std::string& path, int count);
[[nodiscard]] double node_scan(const std::string& path);

// Bytes in a second of `openssl speed` with pages of 4 KiB. None without the program.
[[nodiscard]] std::optional<double> openssl_speed(const std::string& cipher, bool decrypts);

}  // namespace libsql::bench

#endif  // LIBSQL_BENCH_ENCRYPTION_PEERS_H_
