// Muon over matrices that the ranks of a tensor group hold in slices. What is orthogonalized is a block of the whole
// matrix, as one rank would: its owner gets the gradient's slices from its neighbours, keeps the block's momentum, and
// gives each its slice of the update. The sums over ranks that share the batch come before, and the weights go to them
// after: both are not its business.
#pragma once

#include "comm/exchange.h"
#include "comm/rank_grid.h"
#include "nn/optimizer_settings.h"
#include "nn/shards.h"

namespace persea {

class SlicedMuon {
 public:
  // The grid has to outlive it.
  SlicedMuon(const std::vector<Parameter*>& parameters, const std::vector<ParameterSlices>& slices,
             const OptimizerSettings& settings, RankGrid& grid);

  // Updates what this rank holds of the blocks of its group; the gradients are overwritten. See Optimizer::apply.
  Status apply(double lr_scale, double factor);

  // Of the whole parameter, which has to be Muon's.
  ShardedTensor momentum(size_t parameter) const;

 private:
  struct Block {
    MuonBlock block;
    Tensor momentum;  // [rows, columns], where this rank is the owner
    Tensor gradient;  // the same, in apply()
  };
  // What a rank of the group holds of a block.
  struct Part {
    int slice;
    int64_t begin;  // its first element in the slice
    int64_t row;    // in the block
    Box box;        // in the whole
  };
  std::vector<Part> parts_of(const MuonBlock& block) const;
  Status carry(bool home, const std::vector<Block*>& blocks);
  int own_slice() const { return grid_.tensor().rank(); }
  int owner_slice(const Block& block) const { return block.block.owner % grid_.tensor().size(); }

  const std::vector<Parameter*> parameters_;
  const std::vector<ParameterSlices> slices_;
  const OptimizerSettings settings_;
  RankGrid& grid_;
  Exchange exchange_;
  std::vector<Block> blocks_;  // of all ranks
};

}  // namespace persea
