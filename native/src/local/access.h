// Evaluates an access policy in SQLite's authorizer, while statements are compiled.
#ifndef LIBSQL_LOCAL_ACCESS_H_
#define LIBSQL_LOCAL_ACCESS_H_

#include <string>

#include <sqlite3.h>

#include "libsql/access_policy.h"

namespace libsql::local {

// Threads: thread-compatible, together with its connection, which it must outlive.
class Access {
 public:
  // Replaces the policy. Compiled statements are recompiled under the new one by SQLite itself.
  void apply(sqlite3* db, AccessPolicy policy);

  // For what SQLite does without asking its authorizer. Errors: denied.
  void check(Action action, const std::string& table) const;

  // SQLite reports a denied SQL function by the same code as any wrong SQL. has_denied() says
  // whether anything was denied since forget_denials().
  void forget_denials() noexcept { has_denied_ = false; }
  [[nodiscard]] bool has_denied() const noexcept { return has_denied_; }

 private:
  static int on_action(void* self, int code, const char* first, const char* second,
                       const char* database, const char* trigger);
  [[nodiscard]] bool denies(Action action, const char* object) const;

  AccessPolicy policy_;
  bool has_denied_ = false;
};

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_ACCESS_H_
