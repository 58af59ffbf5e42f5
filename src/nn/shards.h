// How the parameters of a model are shared out among ranks (ZeRO's first stage, Rajbhandari et al. 2020): each rank
// owns some stretches of them, adds up their gradients, keeps their moments and updates them. It moves nothing:
// exchange.h of comm does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autograd/tape.h"
#include "nn/slices.h"

namespace persea {

// Elements [begin, end) of a parameter, as they lie here.
struct Shard {
  Parameter* parameter;
  int64_t begin, end;
  int owner;  // its rank
  bool muon;  // whole blocks of Muon's, or what a slice has of one; otherwise AdamW's
};

// Muon orthogonalizes blocks of as many rows as there are columns (q, k and v are stored as one matrix, gate and up
// too).
inline int64_t muon_block(const Parameter& parameter) { return parameter.value.dim(1); }  // rows

// All parameters in shards, in their order. With one rank each is a shard. With several, Muon's blocks go to the ranks
// by the work that they make, and AdamW's elements fill up what is missing for each to keep as many bytes of moments.
// Every large parameter has many owners: what a backward pass has just finished then travels to all of them at once.
std::vector<Shard> share_out(const std::vector<Parameter*>& parameters, bool muon, int ranks);

// The same of what rank `slice` of a tensor group holds of the parameters, among the `ranks` that hold the same. The
// tensors are not looked at, so any rank knows the shards of all.
std::vector<Shard> share_out(const std::vector<Parameter*>& parameters, const std::vector<ParameterSlices>& slices,
                             bool muon, int ranks, int slice);

// Rows of a matrix that Muon orthogonalizes together, and the rank of the grid that does so: number `owner` of all,
// neighbours being a tensor group.
struct MuonBlock {
  size_t parameter;
  int64_t row, rows;
  int owner;
};
// In the order of the parameters; `ranks` that hold the same slices each.
std::vector<MuonBlock> muon_blocks(const std::vector<Parameter*>& parameters,
                                   const std::vector<ParameterSlices>& slices, int ranks);

// A tensor of which ranks hold parts, for files that hold the whole. The parts cover it, and follow each other where
// they have no boxes.
struct ShardedTensor {
  static constexpr int kCopied = -1;  // owner of what other parts have too: filled from files, not written
  struct Part {
    int64_t begin, end;  // elements, of the box where there is one
    int owner;
    Tensor local;  // here, where this rank has it
    Box box = {};  // rows and columns that the elements are of, row by row; empty: all
  };
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  std::vector<Part> parts;

  // That every rank holds; rank 0's is taken.
  static ShardedTensor whole(std::string name, const Tensor& tensor);
};

}  // namespace persea
