#include "local/access.h"

#include <algorithm>
#include <utility>

#include "libsql/error.h"

namespace libsql::local {

namespace {

struct Request {
  Action action;
  const char* object;
};

// What an authorizer call asks for. Source: sqlite.org/c3ref/c_alter_table.html
Request request_of(int code, const char* first, const char* second) {
  switch (code) {
    case SQLITE_SELECT:
      return Request{Action::read, nullptr};
    case SQLITE_READ:
      return Request{Action::read, first};
    case SQLITE_INSERT:
      return Request{Action::insert, first};
    case SQLITE_UPDATE:
      return Request{Action::update, first};
    case SQLITE_DELETE:
      return Request{Action::del, first};
    case SQLITE_PRAGMA:
      return Request{Action::pragma, first};
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
      return Request{Action::attach, first};
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return Request{Action::transaction, first};
    case SQLITE_FUNCTION:
      return Request{Action::function, second};
    case SQLITE_RECURSIVE:
      return Request{Action::recursive, nullptr};
    case SQLITE_ALTER_TABLE:
      return Request{Action::ddl, second};
    default:  // The rest is CREATE, DROP, REINDEX and ANALYZE, with the object's name first.
      return Request{Action::ddl, first};
  }
}

}  // namespace

void Access::apply(sqlite3* db, AccessPolicy policy) {
  policy_ = std::move(policy);
  sqlite3_set_authorizer(db, policy_.deny.empty() ? nullptr : &Access::on_action, this);
}

bool Access::denies(Action action, const char* object) const {
  return std::ranges::any_of(policy_.deny, [&](const Denial& denial) {
    if (denial.action != action) return false;
    return denial.object.empty() ||
           (object != nullptr && sqlite3_stricmp(denial.object.str().c_str(), object) == 0);
  });
}

void Access::check(Action action, const std::string& table) const {
  if (!denies(action, table.c_str())) return;
  throw Error(ErrorKind::denied, "access to " + table + " is prohibited", SQLITE_AUTH);
}

int Access::on_action(void* self, int code, const char* first, const char* second,
                      const char* /*database*/, const char* /*trigger*/) {
  auto& access = *static_cast<Access*>(self);
  const Request request = request_of(code, first, second);
  const bool loads = request.action == Action::function && request.object != nullptr &&
                     sqlite3_stricmp(request.object, "load_extension") == 0;
  const bool denied = access.denies(request.action, request.object) ||
                      (loads && access.denies(Action::load_extension, nullptr));
  access.has_denied_ |= denied;
  return denied ? SQLITE_DENY : SQLITE_OK;
}

}  // namespace libsql::local
