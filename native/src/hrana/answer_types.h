// What every decoder of answers checks, whatever the encoding.
#ifndef LIBSQL_HRANA_ANSWER_TYPES_H_
#define LIBSQL_HRANA_ANSWER_TYPES_H_

#include <cstddef>
#include <span>

#include "hrana/malformed.h"
#include "hrana/messages.h"

namespace libsql::hrana {

// Holds the answers of a pipeline against its requests.
class AnswerTypes {
 public:
  explicit AnswerTypes(std::span<const Request> requests) noexcept : requests_(requests) {}

  // The type of the request whose answer comes next. Errors: mismatch if there is none.
  RequestType next() {
    if (answered_ == requests_.size()) {
      throw Malformed(Fault::mismatch, "results", "are more than the requests");
    }
    return type_of(requests_[answered_++]);
  }
  // Errors: mismatch if a request has no answer.
  void finish() const {
    if (answered_ != requests_.size()) {
      throw Malformed(Fault::mismatch, "results", "are fewer than the requests");
    }
  }

  // Errors: mismatch.
  static void require_same(RequestType answer, RequestType request) {
    if (answer != request) {
      throw Malformed(Fault::mismatch, "type", "is another than the request's");
    }
  }

 private:
  std::span<const Request> requests_;
  std::size_t answered_ = 0;
};

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_ANSWER_TYPES_H_
