#include "nn/rank_slices.h"

#include "base/clock.h"

namespace persea {

// An error stays with the ranks: see SliceGroup.
void RankSlices::sum(const Tensor& tensor) {
  const double start = wall_seconds();
  std::vector<Piece> pieces;  // each rank's range of the elements
  for (int64_t rank = 0; rank < size(); ++rank) {
    const int64_t begin = tensor.count() * rank / size(), end = tensor.count() * (rank + 1) / size();
    pieces.push_back({tensor.raw() + begin * dtype_bytes(tensor.dtype()), end - begin, static_cast<int>(rank),
                      tensor.device(), tensor.dtype()});
  }
  for (const Piece& piece : pieces) exchange_.reduce(piece);
  (void)exchange_.order();
  for (const Piece& piece : pieces) exchange_.share(piece);
  (void)exchange_.order();
  seconds_ += wall_seconds() - start;
}

void RankSlices::gather(const Tensor& own, const Tensor& all) {
  const double start = wall_seconds();
  all.slice(rank(), rank() + 1).copy_from(own);
  for (int each = 0; each < size(); ++each)
    exchange_.share({all.raw() + each * own.bytes(), own.count(), each, all.device(), all.dtype()});
  (void)exchange_.order();
  seconds_ += wall_seconds() - start;
}

void RankSlices::wait() {
  const double start = wall_seconds();
  (void)exchange_.wait();
  seconds_ += wall_seconds() - start;
}

}  // namespace persea
