// The words of a dot command's line.
#ifndef LIBSQL_SHELL_WORDS_H_
#define LIBSQL_SHELL_WORDS_H_

#include <string>
#include <string_view>
#include <vector>

namespace libsql::shell {

// Splits a line at blanks. Words may be in 'single' or "double" quotes, which are doubled inside.
// Outside of single quotes a backslash begins an escape, as in sqlite3: \t, \n, \r, \", \\, \037
// and their like. Errors: CommandError for a quote that does not end.
[[nodiscard]] std::vector<std::string> split_words(std::string_view line);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_WORDS_H_
