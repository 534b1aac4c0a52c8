#include "local/blob.h"

#include <string>
#include <utility>

#include "local/session.h"

namespace libsql::local {

LocalBlob::LocalBlob(LocalSession& session, BlobPointer blob, bool writable,
                     std::uint64_t transaction)
    : session_(session), blob_(std::move(blob)), writable_(writable), transaction_(transaction) {
  session_.enlist(this);
}

LocalBlob::~LocalBlob() {
  end(State::closed);
  session_.forget(this);
}

void LocalBlob::end(State why) noexcept {
  if (state_ != State::open) return;
  state_ = why;
  blob_.reset();
  session_.blob_ended();
}

void LocalBlob::close() {
  session_.refuse_in_callback();
  end(State::closed);
}

sqlite3_blob* LocalBlob::blob() const {
  session_.db();
  switch (state_) {
    case State::open:
      return blob_.get();
    case State::closed:
      throw Error(ErrorKind::closed, "the blob handle is closed");
    case State::ended_with_transaction:
      throw Error(ErrorKind::misuse,
                  "the blob handle has ended with the transaction in which it was opened: open it "
                  "again");
    case State::expired:
      break;
  }
  throw Error(ErrorKind::misuse,
              "the blob handle has ended, because its row was changed, deleted or not found: open "
              "it again",
              SQLITE_ABORT);
}

std::size_t LocalBlob::size() const { return static_cast<std::size_t>(sqlite3_blob_bytes(blob())); }

void LocalBlob::check_bounds(std::size_t offset, std::size_t size) const {
  const std::size_t all = this->size();
  if (offset <= all && size <= all - offset) return;
  throw Error(ErrorKind::invalid_argument,
              std::to_string(size) + " bytes from offset " + std::to_string(offset) +
                  " on are out of bounds: the blob has " + std::to_string(all) + " bytes");
}

void LocalBlob::check(int rc) {
  if (rc == SQLITE_OK) return;
  if ((rc & 0xff) != SQLITE_ABORT) throw session_.error(rc, {});
  end(State::expired);
  static_cast<void>(blob());  // Throws.
}

void LocalBlob::read(std::size_t offset, std::span<std::byte> into) {
  check_bounds(offset, into.size());
  check(sqlite3_blob_read(blob(), into.data(), static_cast<int>(into.size()),
                          static_cast<int>(offset)));
}

void LocalBlob::write(std::size_t offset, std::span<const std::byte> bytes) {
  check_bounds(offset, bytes.size());
  if (!writable_) {
    throw Error(ErrorKind::read_only,
                "the blob is open for reading only: open it with BlobMode::write");
  }
  constexpr bool kBounded = false;
  session_.note_write(kBounded);
  check(sqlite3_blob_write(blob(), bytes.data(), static_cast<int>(bytes.size()),
                           static_cast<int>(offset)));
}

void LocalBlob::reopen(std::int64_t rowid) {
  sqlite3_blob* const handle = blob();
  session_.blob_starts();
  const int rc = sqlite3_blob_reopen(handle, rowid);
  if (rc == SQLITE_OK) return;
  const Error failure = session_.error(rc, {});
  end(State::expired);
  throw Error(failure);
}

// --- Opening ---

namespace {

void refuse_nul(const std::string& name) {
  if (name.find('\0') == std::string::npos) return;
  throw Error(ErrorKind::invalid_argument, "a name contains a NUL byte");
}

}  // namespace

std::unique_ptr<core::OpenBlob> LocalSession::open_blob(const core::BlobPlace& place) {
  db();
  for (const std::string* name : {&place.database, &place.table, &place.column}) refuse_nul(*name);
  // SQLite does not ask its authorizer here.
  access_.check(Action::read, place.table);
  if (place.for_writing) check_writable(place.table);
  blob_starts();
  if (place.for_writing && refusals_ == 0) acquire_write({});
  sqlite3_blob* raw = nullptr;
  const int rc =
      sqlite3_blob_open(db_.get(), place.database.c_str(), place.table.c_str(),
                        place.column.c_str(), place.rowid, place.for_writing ? 1 : 0, &raw);
  BlobPointer blob(raw);
  if (rc != SQLITE_OK) {
    const Error failure = error(rc, {});
    transaction_boundary();
    end_turn();
    throw Error(failure);
  }
  return std::make_unique<LocalBlob>(*this, std::move(blob), place.for_writing, open_transaction());
}

void LocalSession::check_writable(const std::string& table) const {
  access_.check(Action::update, table);
  // SQL may not do this either, and SQLite does not refuse it here.
  if (sqlite3_strnicmp(table.c_str(), "sqlite_", 7) == 0) {
    throw Error(ErrorKind::error, "table " + table + " may not be modified");
  }
  if (!in_transaction_) {
    // SQLite would keep the write lock, and every change of the connection, until it is closed.
    throw Error(ErrorKind::misuse, "a blob is opened for writing within a transaction: begin one");
  }
}

void LocalSession::blob_starts() noexcept {
  cancellation_->start(running_ == 0, Cancellation::Stop::never);
  access_.forget_denials();
}

void LocalSession::end_blobs(LocalBlob::State why, std::uint64_t transaction) noexcept {
  for (LocalBlob* blob : blobs_) {
    if (transaction == 0 || blob->transaction() == transaction) blob->end(why);
  }
}

}  // namespace libsql::local
