// Which part of a model's weights each rank of a tensor group holds (Shoeybi et al. 2019): whole heads of q, k and v
// and units of the MLP as rows, what multiplies them next as columns, ids of the vocabulary as rows; norms are
// everybody's. It knows shapes only: who sums what the slices make is said by the ops.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "autograd/tape.h"
#include "nn/config.h"

namespace persea {

// Rows and columns of a matrix; a vector is a matrix of one column.
struct Box {
  int64_t row = 0, rows = 0, column = 0, columns = 0;
  int64_t count() const { return rows * columns; }
};

struct ParameterSlices {
  Shape whole;
  bool common = true;                        // all ranks hold the whole
  std::vector<std::vector<Box>> boxes = {};  // by rank: what it holds of the whole, one box below the other

  int64_t columns() const { return whole.size() == 2 ? whole[1] : 1; }
  Shape shape(int rank) const;  // of what the rank holds
  int64_t count(int rank) const;
};

// Of one of Model::parameters(), which has this shape as a whole.
ParameterSlices slices_of(const ModelConfig& config, std::string_view parameter, const Shape& whole, int ranks);

// Parameters that one rank holds as a whole.
std::vector<ParameterSlices> whole_slices(const std::vector<Parameter*>& parameters);

// Whether the model can be sliced for so many ranks; the error names the key that stands in the way.
Status check_slices(const ModelConfig& config, int ranks);

}  // namespace persea
