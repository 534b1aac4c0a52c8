// What a text of SQL has to be before it is sent to a server.
#ifndef LIBSQL_REMOTE_SENT_TEXT_H_
#define LIBSQL_REMOTE_SENT_TEXT_H_

#include <string_view>

namespace libsql::remote {

// Errors: invalid_argument for a text with a key, which would reach the server and be shown with
// its error, or with a zero byte.
void check_text(std::string_view sql);
// What follows the first statement; empty if that is no statement.
[[nodiscard]] std::string_view rest_of(std::string_view sql);
// The one statement of a text. Errors: those of check_text(); invalid_argument for none and for
// more than one.
[[nodiscard]] std::string_view only_statement(std::string_view sql);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SENT_TEXT_H_
