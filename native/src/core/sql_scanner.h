// Splits SQL text into words, quoted texts, brackets and semicolons. Internal to core/.
// Source: sqlite.org/draft/tokenreq.html
#ifndef LIBSQL_CORE_SQL_SCANNER_H_
#define LIBSQL_CORE_SQL_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace libsql::core {

struct SqlToken {
  enum class Kind : std::uint8_t {
    end,
    word,    // a keyword or a plain identifier
    quoted,  // "name", `name`, [name] or 'text', its quotes included
    semicolon,
    open,        // (
    close,       // )
    other,       // any other byte, for itself
    incomplete,  // a string, a quoted name or a /* comment that the text ends in the middle of
  };
  Kind kind;
  std::string_view text;
};

// Reads tokens one by one; skips white space and comments. Any bytes are allowed.
class SqlScanner {
 public:
  explicit SqlScanner(std::string_view sql) noexcept : rest_(sql) {}
  // Returns `end` at the end of the text and ever after; `incomplete` at most once, before it.
  SqlToken next() noexcept;

 private:
  SqlToken take(SqlToken::Kind kind, std::size_t length) noexcept;
  // False when a comment that was begun does not end.
  bool skip_blanks() noexcept;

  std::string_view rest_;
};

// Compares without regard to ASCII case; `upper` is in capitals.
[[nodiscard]] bool is_keyword(std::string_view word, std::string_view upper) noexcept;

}  // namespace libsql::core

#endif  // LIBSQL_CORE_SQL_SCANNER_H_
