// The few functions of cuBLASLt that products need, found at run time: the program neither links the library nor needs
// its headers. The types and numbers are those of its stable C interface (CUDA 12 and 13).
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace persea::kernels::cuda {

struct CublasLt {
  using Status = int;  // 0: done
  using Handle = struct HandleTag*;
  using Operation = struct OperationTag*;
  using Layout = struct LayoutTag*;
  using Preference = struct PreferenceTag*;
  struct Algorithm {
    uint64_t data[8];
  };
  struct Heuristic {
    Algorithm algorithm;
    size_t workspace_bytes;
    Status status;
    float waves;
    int reserved[4];
  };

  static constexpr int kReal32 = 0, kBf16 = 14, kE4m3 = 28, kE5m2 = 29;  // cudaDataType_t
  static constexpr int kCompute32 = 68;                                  // cublasComputeType_t: f32, without TF32
  static constexpr int kTransposeA = 3, kTransposeB = 4, kTranspose = 1;
  static constexpr int kScaleA = 17, kScaleB = 18;  // where the factors' scales lie
  static constexpr int kWorkspaceBytes = 1, kAlignmentA = 5, kAlignmentB = 6, kAlignmentC = 7, kAlignmentD = 8;

  Status (*create)(Handle*);
  Status (*operation_create)(Operation*, int compute, int scale_type);
  Status (*operation_set)(Operation, int attribute, const void*, size_t);
  Status (*layout_create)(Layout*, int type, uint64_t rows, uint64_t columns, int64_t leading);
  Status (*preference_create)(Preference*);
  Status (*preference_set)(Preference, int attribute, const void*, size_t);
  Status (*preference_destroy)(Preference);
  Status (*heuristic)(Handle, Operation, Layout a, Layout b, Layout c, Layout d, Preference, int wanted, Heuristic*,
                      int* found);
  Status (*multiply)(Handle, Operation, const void* alpha, const void* a, Layout, const void* b, Layout,
                     const void* beta, const void* c, Layout, void* d, Layout, const Algorithm*, void* workspace,
                     size_t workspace_bytes, cudaStream_t);

  // The library by the name that PERSEA_CUBLASLT gives, or one of its usual names; nullptr where there is none, or
  // PERSEA_CUBLASLT is "off". Looked for once.
  static const CublasLt* find();
};

}  // namespace persea::kernels::cuda
