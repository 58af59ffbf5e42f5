#include "kernels/cuda/cublas_lt.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>

#include "kernels/cuda/product.h"
#include "kernels/cuda/to_bf16.h"
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

// A factor as the library takes it: column-major, perhaps to be transposed.
struct Operand {
  uint64_t rows, columns;
  int64_t leading;
  int transposed;
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

  // D = first second (+ D), all column-major: [rows, columns], `leading` between columns.
  bool multiply(const Operand& first, const void* a, const Operand& second, const void* b, int type, uint64_t rows,
                uint64_t columns, int64_t leading, float* d, bool accumulate) {
    std::lock_guard lock(mutex_);
    if (!ready_) return false;
    const uint32_t alignments[] = {alignment_of(a), alignment_of(b), alignment_of(d)};
    const Key key{first.rows,     first.columns,  first.leading,     first.transposed, second.rows,
                  second.columns, second.leading, second.transposed, leading,          type,
                  alignments[0],  alignments[1],  alignments[2]};
    auto found = plans_.find(key);
    if (found == plans_.end())
      found = plans_.emplace(key, plan(first, second, type, rows, columns, leading, alignments)).first;
    const Plan& p = found->second;
    if (!p.usable) return false;
    const float one = 1, zero = 0;
    return lt_.multiply(handle_, p.operation, &one, a, p.first, b, p.second, accumulate ? &one : &zero, d, p.out, d,
                        p.out, &p.algorithm, workspace_.raw(), kWorkspace, persea::cuda::stream()) == 0;
  }

 private:
  static constexpr int64_t kWorkspace = 32 << 20;  // what the library advises for Hopper
  using Key = std::tuple<uint64_t, uint64_t, int64_t, int, uint64_t, uint64_t, int64_t, int, int64_t, int, uint32_t,
                         uint32_t, uint32_t>;

  Plan plan(const Operand& first, const Operand& second, int type, uint64_t rows, uint64_t columns, int64_t leading,
            const uint32_t (&alignments)[3]) const {
    Plan p{};
    CublasLt::Preference preference{};
    const size_t workspace = kWorkspace;
    bool good = lt_.operation_create(&p.operation, CublasLt::kCompute32, CublasLt::kReal32) == 0;
    const auto set = [&](int attribute, const int& value) {
      good = good && lt_.operation_set(p.operation, attribute, &value, sizeof value) == 0;
    };
    set(CublasLt::kTransposeA, first.transposed);
    set(CublasLt::kTransposeB, second.transposed);
    good = good && lt_.layout_create(&p.first, type, first.rows, first.columns, first.leading) == 0 &&
           lt_.layout_create(&p.second, type, second.rows, second.columns, second.leading) == 0 &&
           lt_.layout_create(&p.out, CublasLt::kReal32, rows, columns, leading) == 0 &&
           lt_.preference_create(&preference) == 0 &&
           lt_.preference_set(preference, CublasLt::kWorkspaceBytes, &workspace, sizeof workspace) == 0;
    const int attributes[] = {CublasLt::kAlignmentA, CublasLt::kAlignmentB, CublasLt::kAlignmentC,
                              CublasLt::kAlignmentD};
    for (int i = 0; i < 4; ++i) {
      const uint32_t& value = alignments[std::min(i, 2)];
      good = good && lt_.preference_set(preference, attributes[i], &value, sizeof value) == 0;
    }
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
  if (b.column_stride == 1) return {columns, depth, b.row_stride, 0};
  return {depth, columns, b.column_stride, CublasLt::kTranspose};
}
Operand as_second(const Matrix& a, int64_t m, int64_t k) {
  const auto rows = static_cast<uint64_t>(m), depth = static_cast<uint64_t>(k);
  if (a.column_stride == 1) return {depth, rows, a.row_stride, 0};
  return {rows, depth, a.column_stride, CublasLt::kTranspose};
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

bool library_product(const Factors& g, Precision precision) {
  Planner* const planner = find_planner();
  if (!planner) return false;
  Operand first = as_first(g.b, g.k, g.n), second = as_second(g.a, g.m, g.k);
  const auto columns = static_cast<uint64_t>(g.m), rows = static_cast<uint64_t>(g.n);
  if (precision == Precision::f32)
    return planner->multiply(first, g.b.data, second, g.a.data, CublasLt::kReal32, rows, columns, g.ldc, g.c,
                             g.accumulate);
  // In memory a factor is `columns` rows of `rows` numbers.
  const auto convert = [](Operand& operand, const float* from) {
    const Rounded copy =
        to_bf16_rows(from, static_cast<int64_t>(operand.columns), static_cast<int64_t>(operand.rows), operand.leading);
    operand.leading = copy.pitch;
    return copy.elements;
  };
  const Tensor b = convert(first, g.b.data), a = convert(second, g.a.data);
  return planner->multiply(first, b.raw(), second, a.raw(), CublasLt::kBf16, rows, columns, g.ldc, g.c, g.accumulate);
}

bool library_product_of_bf16(int64_t m, int64_t n, int64_t k, const Tensor& a, const Tensor& b, float* c) {
  Planner* const planner = find_planner();
  if (!planner) return false;
  const Operand first = as_first({nullptr, 1, b.dim(1)}, k, n), second = as_second({nullptr, a.dim(1), 1}, m, k);
  return planner->multiply(first, b.raw(), second, a.raw(), CublasLt::kBf16, static_cast<uint64_t>(n),
                           static_cast<uint64_t>(m), n, c, false);
}

}  // namespace persea::kernels::cuda
