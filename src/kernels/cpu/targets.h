// The instruction sets that the CPU kernels are compiled for; Highway picks one at run time. Fewer targets than it
// offers: each costs compile time, and these (AVX-512, AVX2, the x86-64-v2 baseline, NEON) leave little on the table.
#pragma once

#include <hwy/detect_targets.h>

#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
