// The answer to the question what columns and parameters a statement has.
#ifndef LIBSQL_REMOTE_DESCRIBE_ANSWER_H_
#define LIBSQL_REMOTE_DESCRIBE_ANSWER_H_

#include <memory>
#include <optional>
#include <string>

#include "libsql/receiver.h"
#include "remote/quiet_answer.h"
#include "remote/session_core.h"

namespace libsql::remote {

// Threads: as StatementAnswer.
class DescribeAnswer final : public QuietAnswer {
 public:
  // `prepares`: the receiver wants a statement, not its description.
  DescribeAnswer(std::shared_ptr<SessionCore> core, std::shared_ptr<libsql::Receiver> receiver,
                 std::string sql, bool prepares)
      : core_(std::move(core)),
        receiver_(std::move(receiver)),
        sql_(std::move(sql)),
        prepares_(prepares) {}

  // If it goes well, this request runs in place of telling the receiver.
  void then_run(std::shared_ptr<const KeptRequest> request, const Call& call) {
    next_ = std::move(request);
    call_ = call;
  }
  // Sends the question. Always false: the answer comes later.
  [[nodiscard]] bool send(const Call& call);

  void description(const hrana::Description& description) override;
  void error(const hrana::ErrorView& error) override;
  void finished(const StreamFailure* failure, bool open) noexcept override;

 private:
  void tell();

  const std::shared_ptr<SessionCore> core_;
  const std::shared_ptr<libsql::Receiver> receiver_;
  const std::string sql_;
  const bool prepares_;
  std::shared_ptr<const KeptRequest> next_;
  Call call_;
  std::shared_ptr<Stream> own_stream_;
  std::optional<StatementDescription> description_;
  std::optional<Error> error_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_DESCRIBE_ANSWER_H_
