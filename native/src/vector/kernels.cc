// Highway compiles this file once per instruction set: kernels-inl.h has the loops. The choice at
// run time is made here, because Debian has Highway's own as a shared library only, and a release
// of an application runs on machines without it. Only Highway's headers are used.
#include "vector/kernels.h"

#include <array>
#include <cstddef>

// SSSE3 without SSE4 is rare; vectors whose length only the processor knows are no class members.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#define HWY_WANT_AVX3_DL
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels-inl.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "vector/kernels-inl.h"
#include "vector/scalar_kernels.h"

namespace libsql::vector {

namespace {

// What the instruction sets need, as the compiler's names for the processor's features. These
// checks include the operating system's support for the registers.
#if HWY_ARCH_X86
bool has_sse4() {
  return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt") &&
         __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("aes");
}
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}
bool has_avx3() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
bool has_avx3_dl() {
  return has_avx3() && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
         __builtin_cpu_supports("avx512bitalg") && __builtin_cpu_supports("avx512vpopcntdq") &&
         __builtin_cpu_supports("vpclmulqdq");
}
#endif

struct Supported {
  std::array<const Kernels*, 6> list{};
  std::size_t count = 0;

  void add(const Kernels& kernels) { list[count++] = &kernels; }
};

Supported find_supported() {
  Supported supported;
  supported.add(scalar_kernels());
#if HWY_STATIC_TARGET != HWY_SCALAR
  supported.add(HWY_STATIC_DISPATCH(kKernels));
#endif
#if HWY_ARCH_X86
#if (HWY_TARGETS & HWY_SSE4) && HWY_STATIC_TARGET != HWY_SSE4
  if (has_sse4()) supported.add(N_SSE4::kKernels);
#endif
#if (HWY_TARGETS & HWY_AVX2) && HWY_STATIC_TARGET != HWY_AVX2
  if (has_avx2()) supported.add(N_AVX2::kKernels);
#endif
#if (HWY_TARGETS & HWY_AVX3) && HWY_STATIC_TARGET != HWY_AVX3
  if (has_avx3()) supported.add(N_AVX3::kKernels);
#endif
#if (HWY_TARGETS & HWY_AVX3_DL) && HWY_STATIC_TARGET != HWY_AVX3_DL
  if (has_avx3_dl()) supported.add(N_AVX3_DL::kKernels);
#endif
#endif
  return supported;
}

const Supported& supported() noexcept {
  static const Supported kSupported = find_supported();
  return kSupported;
}

}  // namespace

std::span<const Kernels* const> supported_kernels() noexcept {
  return std::span(supported().list).first(supported().count);
}

const Kernels& kernels() noexcept { return *supported_kernels().back(); }

}  // namespace libsql::vector
