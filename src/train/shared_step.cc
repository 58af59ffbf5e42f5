#include "train/shared_step.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/clock.h"

namespace persea {
namespace {

using Numbers = std::array<double, sizeof(StepReport) / sizeof(double)>;  // a report as it travels

// The shard's floats in the parameter's value or gradient.
Piece piece_of(const Shard& shard, const Tensor& tensor) {
  return {tensor.data() + shard.begin, shard.end - shard.begin, shard.owner, tensor.device()};
}

}  // namespace

SharedStep::SharedStep(Model& model, Optimizer& optimizer, RankGrid& grid, const RankSlices& slices)
    : model_(model), optimizer_(optimizer), grid_(grid), slices_(slices), exchange_(grid.data()) {
  for (const Shard& shard : optimizer.shards()) shards_[shard.parameter].push_back(shard);
}

// Begins to send the shards of a gradient that is done to their owners.
void SharedStep::send(Parameter& parameter) {
  const double start = wall_seconds();
  for (const Shard& shard : shards_.at(&parameter)) exchange_.reduce(piece_of(shard, parameter.gradient));
  exchange_.progress();
  exchanging_ += wall_seconds() - start;
}

Result<std::vector<StepReport>> SharedStep::passes(const PackedBatch& batch, int64_t micro_sequences,
                                                   Model::LossOptions options,
                                                   const std::function<void(StepReport&)>& complete) {
  const double start = wall_seconds();
  const double sums = slices_.seconds();
  Ranks& data = grid_.data();
  exchanging_ = 0;
  if (data.size() > 1) options.gradient_done = [this](Parameter& parameter) { send(parameter); };
  StepReport own;
  own.loss = accumulate_gradients(model_, batch, share_of_rows(batch.sequences, data.rank(), data.size()),
                                  micro_sequences, std::move(options));
  if (grid_.tensor().rank() > 0) own.loss = 0;
  exchanging_ += slices_.seconds() - sums;
  const double computed = wall_seconds();
  own.compute = computed - start - exchanging_;
  PERSEA_CHECK(exchange_.wait());
  own.squares = optimizer_.squares();
  complete(own);

  auto numbers = std::bit_cast<Numbers>(own);
  PERSEA_TRY(const std::vector<double> all, grid_.world().gather(numbers));
  std::vector<StepReport> reports;
  for (auto each = all.begin(); each != all.end(); each += numbers.size()) {
    std::copy_n(each, numbers.size(), numbers.begin());
    reports.push_back(std::bit_cast<StepReport>(numbers));
  }
  exchanging_ += wall_seconds() - computed;
  return reports;
}

Status SharedStep::update(double norm, double lr_scale, double max_norm) {
  PERSEA_CHECK(optimizer_.apply(norm, lr_scale, max_norm));
  const double start = wall_seconds();
  for (const Shard& shard : optimizer_.shards()) exchange_.share(piece_of(shard, shard.parameter->value));
  PERSEA_CHECK(exchange_.wait());
  if (grid_.world().size() > 1) model_.weights_changed();  // by the others, or from their moments
  exchanging_ += wall_seconds() - start;
  return {};
}

}  // namespace persea
