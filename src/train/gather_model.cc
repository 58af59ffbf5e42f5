#include "train/gather_model.h"

#include <cstring>

#include "train/checkpoint.h"
#include "train/gather_tensor.h"

namespace persea {

Result<std::unique_ptr<Model>> gather_model(Model& slices, RankGrid& grid) {
  std::unique_ptr<Model> whole;
  std::vector<Parameter*> parameters;
  if (grid.world().rank() == 0) {
    whole = std::make_unique<Model>(slices.config(), std::nullopt);
    parameters = whole->parameters();
  }
  size_t next = 0;
  for (const ShardedTensor& tensor : weights_of(slices, grid.tensor().rank())) {
    std::byte* to = whole ? parameters[next++]->value.raw() : nullptr;
    PERSEA_CHECK(gather_tensor(tensor, grid.world(), [&to](std::span<const std::byte> bytes) {
      std::memcpy(to, bytes.data(), bytes.size());
      to += bytes.size();
    }));
  }
  return whole;
}

}  // namespace persea
