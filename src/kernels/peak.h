// What this machine can do at best: the floor that speeds are held against.
#pragma once

namespace persea::kernels {

// fp32 multiply-adds of all threads of the pool on registers, GFLOP/s: the best of short runs over `seconds`.
double measure_peak_gflops(double seconds);

// Reading memory beyond all caches, all threads, GB/s.
double measure_read_bandwidth(double seconds);

}  // namespace persea::kernels
