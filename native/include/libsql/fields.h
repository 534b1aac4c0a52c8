// Structs whose members are parameters and columns by name, declared once for both:
//
//   struct Book {
//     std::int64_t id;
//     std::string title;
//     static constexpr auto sql_fields() {
//       return std::tuple(libsql::field("id", &Book::id), libsql::field("title", &Book::title));
//     }
//   };
//
//   db.execute("INSERT INTO book VALUES (:id, :title)", book);         arguments.h
//   Book book = db.query_one<Book>("SELECT * FROM book WHERE id = ?", 7);  row.h
//   for (const Book& book : db.query<Book>("SELECT * FROM book")) ...
//
// Names of columns are compared as they are written, with the case of their letters.
#ifndef LIBSQL_FIELDS_H_
#define LIBSQL_FIELDS_H_

#include <string_view>
#include <tuple>

namespace libsql {

template <typename Struct, typename T>
struct Field {
  std::string_view name;
  T Struct::*member;
};
// A field of a struct and the name of its parameter and column, for sql_fields().
template <typename Struct, typename T>
[[nodiscard]] constexpr Field<Struct, T> field(std::string_view name, T Struct::*member) {
  return {name, member};
}

template <typename T>
concept SqlStruct = requires {
  std::tuple_size<decltype(T::sql_fields())>::value;
};

}  // namespace libsql

#endif  // LIBSQL_FIELDS_H_
