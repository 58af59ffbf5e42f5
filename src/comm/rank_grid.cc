#include "comm/rank_grid.h"

#include <stdexcept>

namespace persea {

Status RankGrid::check(const Ranks& world, int tensor_ranks) {
  if (tensor_ranks > 1 && world.size() == 1)
    return fail("--tensor-parallel {} needs as many ranks: start them with mpirun -n {}", tensor_ranks, tensor_ranks);
  if (tensor_ranks < 1 || world.size() % tensor_ranks != 0)
    return fail("--tensor-parallel {} does not divide the {} ranks: start a multiple of it", tensor_ranks,
                world.size());
  return {};
}

RankGrid::RankGrid(Ranks& world, int tensor_ranks) : world_(world) {
  if (const Status fits = check(world, tensor_ranks); !fits) throw std::logic_error(fits.error().message);
  if (tensor_ranks == 1) {
    tensor_ = Ranks::alone();
    return;
  }
  const int place = world.rank() % tensor_ranks, first = world.rank() - place;
  std::vector<int> neighbours, alike;
  for (int each = 0; each < tensor_ranks; ++each) neighbours.push_back(first + each);
  for (int each = place; each < world.size(); each += tensor_ranks) alike.push_back(each);
  tensor_ = std::make_unique<Ranks>(world, std::move(neighbours));
  data_ = std::make_unique<Ranks>(world, std::move(alike));
}

}  // namespace persea
