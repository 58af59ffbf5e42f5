#include "kernels/cuda/cublas_lt.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <tuple>

#include "kernels/cuda/product.h"
#include "kernels/cuda/to_bf16.h"
#include "kernels/round_fp8.h"
#include "tensor/cuda.h"
#include "tensor/cuda/library.h"

namespace persea::kernels::cuda {
namespace {

const CublasLt* load() {
  using persea::cuda::bind;
  void* library =
      persea::cuda::open_library("PERSEA_CUBLASLT", {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"});
  if (!library) return nullptr;
  auto* table = new CublasLt;
  const bool whole = bind(library, "cublasLtCreate", table->create) &&
                     bind(library, "cublasLtMatmulDescCreate", table->operation_create) &&
                     bind(library, "cublasLtMatmulDescSetAttribute", table->operation_set) &&
                     bind(library, "cublasLtMatrixLayoutCreate", table->layout_create) &&
                     bind(library, "cublasLtMatmulPreferenceCreate", table->preference_create) &&
                     bind(library, "cublasLtMatmulPreferenceSetAttribute", table->preference_set) &&
                     bind(library, "cublasLtMatmulPreferenceDestroy", table->preference_destroy) &&
                     bind(library, "cublasLtMatmulAlgoGetHeuristic", table->heuristic) &&
                     bind(library, "cublasLtMatmul", table->multiply);
  return whole ? table : nullptr;
}

int type_of(DType dtype) {
  switch (dtype) {
    case DType::bf16:
      return CublasLt::kBf16;
    case DType::f8_e4m3:
      return CublasLt::kE4m3;
    case DType::f8_e5m2:
      return CublasLt::kE5m2;
    default:
      return CublasLt::kReal32;
  }
}

// A factor as the library takes it: column-major, perhaps to be transposed.
struct Operand {
  uint64_t rows, columns;
  int64_t leading;
  int transposed;
  ConstNumbers numbers;
  const float* scale;  // null: none
};

// The product's result: column-major, `leading` between columns, of the type of its numbers.
struct Result {
  uint64_t rows, columns;
  int64_t leading;
  Numbers numbers;
};

uint32_t alignment_of(const void* place) {
  const auto at = reinterpret_cast<uintptr_t>(place);
  uint32_t alignment = 256;
  while (at % alignment != 0) alignment /= 2;
  return alignment;
}

// What is settled once for shapes and alignments: the library's answer to them.
struct Plan {
  CublasLt::Operation operation;
  CublasLt::Layout first, second, out;
  CublasLt::Algorithm algorithm;
  bool usable;
};

class Planner {
 public:
  explicit Planner(const CublasLt& library) : lt_(library), workspace_({kWorkspace}, DType::u8, cuda_device) {
    ready_ = lt_.create(&handle_) == 0;
  }

  // D = first second (+ C): the factors are of one type, or both of fp8; C, where it is not null, lies like D, and may
  // be it.
  bool multiply(const Operand& first, const Operand& second, ConstNumbers c, const Result& d) {
    std::lock_guard lock(mutex_);
    if (!ready_) return false;
    const float one = 1, factor_of_c = c ? 1 : 0;
    if (!c) c = d.numbers;
    const Alignments alignments{alignment_of(first.numbers.at), alignment_of(second.numbers.at), alignment_of(c.at),
                                alignment_of(d.numbers.at)};
    const Key key{first.rows,     first.columns,   first.leading,     first.transposed,    second.rows,
                  second.columns, second.leading,  second.transposed, first.numbers.dtype, second.numbers.dtype,
                  d.leading,      d.numbers.dtype, alignments};
    auto found = plans_.find(key);
    if (found == plans_.end()) found = plans_.emplace(key, plan(first, second, d, alignments)).first;
    const Plan& p = found->second;
    if (!p.usable || !set_scales(p.operation, first, second)) return false;
    return lt_.multiply(handle_, p.operation, &one, first.numbers.at, p.first, second.numbers.at, p.second,
                        &factor_of_c, c.at, p.out, d.numbers.at, p.out, &p.algorithm, workspace_.raw(), kWorkspace,
                        persea::cuda::stream()) == 0;
  }

 private:
  static constexpr int64_t kWorkspace = 32 << 20;  // what the library advises for Hopper
  using Alignments = std::array<uint32_t, 4>;      // of A, B, C, D
  using Key = std::tuple<uint64_t, uint64_t, int64_t, int, uint64_t, uint64_t, int64_t, int, DType, DType, int64_t,
                         DType, Alignments>;

  // They lie elsewhere from product to product of one plan.
  bool set_scales(CublasLt::Operation operation, const Operand& first, const Operand& second) const {
    const auto set = [&](int attribute, const float* scale) {
      return !scale || lt_.operation_set(operation, attribute, &scale, sizeof scale) == 0;
    };
    return set(CublasLt::kScaleA, first.scale) && set(CublasLt::kScaleB, second.scale);
  }

  Plan plan(const Operand& first, const Operand& second, const Result& d, const Alignments& alignments) const {
    Plan p{};
    CublasLt::Preference preference{};
    const size_t workspace = kWorkspace;
    bool good = lt_.operation_create(&p.operation, CublasLt::kCompute32, CublasLt::kReal32) == 0;
    const auto set = [&](int attribute, const int& value) {
      good = good && lt_.operation_set(p.operation, attribute, &value, sizeof value) == 0;
    };
    set(CublasLt::kTransposeA, first.transposed);
    set(CublasLt::kTransposeB, second.transposed);
    const auto make = [&](CublasLt::Layout* layout, const Operand& operand) {
      return lt_.layout_create(layout, type_of(operand.numbers.dtype), operand.rows, operand.columns,
                               operand.leading) == 0;
    };
    good = good && set_scales(p.operation, first, second) && make(&p.first, first) && make(&p.second, second) &&
           lt_.layout_create(&p.out, type_of(d.numbers.dtype), d.rows, d.columns, d.leading) == 0 &&
           lt_.preference_create(&preference) == 0 &&
           lt_.preference_set(preference, CublasLt::kWorkspaceBytes, &workspace, sizeof workspace) == 0;
    const int attributes[] = {CublasLt::kAlignmentA, CublasLt::kAlignmentB, CublasLt::kAlignmentC,
                              CublasLt::kAlignmentD};
    for (size_t i = 0; i < 4; ++i)
      good = good && lt_.preference_set(preference, attributes[i], &alignments[i], sizeof alignments[i]) == 0;
    CublasLt::Heuristic answer{};
    int answers = 0;
    p.usable =
        good &&
        lt_.heuristic(handle_, p.operation, p.first, p.second, p.out, p.out, preference, 1, &answer, &answers) == 0 &&
        answers == 1 && answer.status == 0;
    p.algorithm = answer.algorithm;
    if (preference) lt_.preference_destroy(preference);
    return p;
  }

  const CublasLt& lt_;
  CublasLt::Handle handle_{};
  bool ready_ = false;
  Tensor workspace_;
  std::mutex mutex_;
  std::map<Key, Plan> plans_;
};

// A row-major matrix [rows, columns] is, column-major, its transpose.
Operand as_first(const Matrix& b, int64_t k, int64_t n) {
  const auto depth = static_cast<uint64_t>(k), columns = static_cast<uint64_t>(n);
  if (b.column_stride == 1) return {columns, depth, b.row_stride, 0, b.data, b.scale};
  return {depth, columns, b.column_stride, CublasLt::kTranspose, b.data, b.scale};
}
Operand as_second(const Matrix& a, int64_t m, int64_t k) {
  const auto rows = static_cast<uint64_t>(m), depth = static_cast<uint64_t>(k);
  if (a.column_stride == 1) return {depth, rows, a.row_stride, 0, a.data, a.scale};
  return {rows, depth, a.column_stride, CublasLt::kTranspose, a.data, a.scale};
}

// nullptr where there is no library.
Planner* find_planner() {
  const CublasLt* library = CublasLt::find();
  if (!library) return nullptr;
  static auto* const planner = new Planner(*library);  // never destroyed: the driver may be gone by then
  return planner;
}

}  // namespace

const CublasLt* CublasLt::find() {
  static const CublasLt* const found = load();
  return found;
}

bool library_product(const Factors& g) {
  Planner* const planner = find_planner();
  if (!planner) return false;
  // Of fp8 Hopper multiplies what lies along the depth, of which it wants multiples of 16: rows are filled with zeros.
  const bool fp8 = is_fp8(g.a.data.dtype);
  if (fp8 && (g.a.column_stride != 1 || g.b.row_stride != 1)) return false;
  const int64_t depth = fp8 ? fp8_pitch(g.k) : g.k;
  Operand first = as_first(g.b, depth, g.n), second = as_second(g.a, g.m, depth);
  // f32 factors of a bf16 product are rounded before it; so are copied those whose rows begin at odd places. In memory
  // a factor is `columns` rows of `rows` numbers.
  const auto prepared = [&g, fp8](Operand& operand) {
    if (!g.bf16 || fp8 || (operand.numbers.dtype == DType::bf16 && operand.leading % 8 == 0)) return Tensor();
    Rounded copy = to_bf16_rows(operand.numbers, static_cast<int64_t>(operand.columns),
                                static_cast<int64_t>(operand.rows), operand.leading);
    operand.numbers = copy.elements;
    operand.leading = copy.pitch;
    return copy.elements;
  };
  const Tensor b = prepared(first), a = prepared(second);  // live until the product is asked for
  return planner->multiply(first, second, g.addend,
                           {static_cast<uint64_t>(g.n), static_cast<uint64_t>(g.m), g.ldc, g.c});
}

}  // namespace persea::kernels::cuda
