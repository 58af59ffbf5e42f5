// What this machine can do at best: the floor that speeds are held against.
#pragma once

#include "kernels/precision.h"

namespace persea::kernels {

// fp32 multiply-adds of all threads of the pool on registers, GFLOP/s, in short runs over `seconds`: the best of them,
// and all of them together, which a machine that others share does not hold.
struct PeakGflops {
  double best = 0, mean = 0;
};
PeakGflops measure_peak_gflops(double seconds);

// GFLOP/s of matrix products of this precision on a device: on the CPU its multiply-adds, on a GPU a large product of
// numbers that lie there as the product takes them.
struct MatrixPeak {
  Precision precision;
  double seconds;  // to measure
  static double cpu(const MatrixPeak& peak);
  static double cuda(const MatrixPeak& peak);
};

// GB/s of reading a device's memory beyond all its caches, at best: all threads of the pool, or the whole GPU.
struct ReadBandwidth {
  double seconds;  // to measure
  static double cpu(const ReadBandwidth& bandwidth);
  static double cuda(const ReadBandwidth& bandwidth);
};

}  // namespace persea::kernels
