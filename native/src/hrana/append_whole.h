// Appends a message to a text, or nothing.
#ifndef LIBSQL_HRANA_APPEND_WHOLE_H_
#define LIBSQL_HRANA_APPEND_WHOLE_H_

#include <cstddef>
#include <string>

namespace libsql::hrana {

// Removes what was appended since its construction, unless keep() was called.
class AppendWhole {
 public:
  explicit AppendWhole(std::string& out) : out_(out), size_(out.size()) {}
  AppendWhole(const AppendWhole&) = delete;
  AppendWhole& operator=(const AppendWhole&) = delete;
  ~AppendWhole() {
    if (!kept_) out_.resize(size_);
  }
  void keep() noexcept { kept_ = true; }

 private:
  std::string& out_;
  std::size_t size_;
  bool kept_ = false;
};

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_APPEND_WHOLE_H_
