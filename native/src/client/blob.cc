// The public BlobHandle: the session's open blob does the work.
#include "libsql/blob.h"

#include <utility>

#include "core/open_blob.h"
#include "core/session.h"
#include "libsql/error.h"

namespace libsql {

BlobHandle::BlobHandle(std::shared_ptr<core::Session> session,
                       std::unique_ptr<core::OpenBlob> impl) noexcept
    : session_(std::move(session)), impl_(std::move(impl)) {}

BlobHandle::BlobHandle(BlobHandle&&) noexcept = default;

BlobHandle& BlobHandle::operator=(BlobHandle&& other) noexcept {
  if (this != &other) {
    impl_ = std::move(other.impl_);
    session_ = std::move(other.session_);
  }
  return *this;
}

BlobHandle::~BlobHandle() = default;

core::OpenBlob& BlobHandle::impl() const {
  if (impl_ == nullptr) throw Error(ErrorKind::closed, "the blob handle has been moved away");
  return *impl_;
}

std::size_t BlobHandle::size() const { return impl().size(); }
void BlobHandle::read(std::size_t offset, std::span<std::byte> into) const {
  impl().read(offset, into);
}
void BlobHandle::write(std::size_t offset, std::span<const std::byte> bytes) {
  impl().write(offset, bytes);
}
void BlobHandle::reopen(std::int64_t rowid) { impl().reopen(rowid); }
void BlobHandle::close() { impl().close(); }

}  // namespace libsql
