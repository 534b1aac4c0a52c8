// The kernels as plain loops: for processors without SIMD instructions that Highway knows, and what
// the tests hold the others to.
#ifndef LIBSQL_VECTOR_SCALAR_KERNELS_H_
#define LIBSQL_VECTOR_SCALAR_KERNELS_H_

#include "vector/kernels.h"

namespace libsql::vector {

[[nodiscard]] const Kernels& scalar_kernels() noexcept;

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SCALAR_KERNELS_H_
