#include "nn/sliced_muon.h"

#include <algorithm>

#include "base/threads.h"
#include "kernels/columns.h"
#include "kernels/launch.h"
#include "kernels/rows.h"
#include "nn/optimizer.h"

namespace persea {
namespace {

void axpby(int64_t count, float a, const float* x, float b, float* y, Device device) {
  kernels::launch(kernels::Axpby{count, a, x, b, y}, device);
}

}  // namespace

SlicedMuon::SlicedMuon(const std::vector<Parameter*>& parameters, const std::vector<ParameterSlices>& slices,
                       const OptimizerSettings& settings, RankGrid& grid)
    : parameters_(parameters), slices_(slices), settings_(settings), grid_(grid), exchange_(grid.tensor()) {
  for (const MuonBlock& block : muon_blocks(parameters, slices, grid.data().size())) {
    blocks_.push_back({block, {}, {}});
    if (block.owner == grid.world().rank())
      blocks_.back().momentum = Tensor::zeros({block.rows, slices[block.parameter].columns()}, DType::f32,
                                              parameters[block.parameter]->value.device());
  }
}

std::vector<SlicedMuon::Part> SlicedMuon::parts_of(const MuonBlock& block) const {
  std::vector<Part> parts;
  const auto& boxes = slices_[block.parameter].boxes;
  for (int slice = 0; slice < grid_.tensor().size(); ++slice) {
    int64_t at = 0;  // the box's first element
    for (const Box& box : boxes[static_cast<size_t>(slice)]) {
      const int64_t from = std::max(block.row, box.row), to = std::min(block.row + block.rows, box.row + box.rows);
      if (from < to)
        parts.push_back(
            {slice, at + (from - box.row) * box.columns, from - block.row, {from, to - from, box.column, box.columns}});
      at += box.count();
    }
  }
  return parts;
}

// The blocks' gradients from the slices to their owners, or what these made of them back home.
Status SlicedMuon::carry(bool home, const std::vector<Block*>& blocks) {
  struct Copy {
    kernels::CopyColumns columns;
    Tensor buffer;
    Device device;
  };
  std::vector<Copy> arriving;  // into the midst of rows, once they are there
  std::vector<Tensor> leaving;
  for (Block* block : blocks) {
    const int64_t width = slices_[block->block.parameter].columns();
    const Tensor& gradient = parameters_[block->block.parameter]->gradient;
    const bool owns = block->gradient.defined();
    for (const Part& part : parts_of(block->block)) {
      const int64_t rows = part.box.rows, columns = part.box.columns;
      const auto count = static_cast<size_t>(part.box.count());
      float* there = owns ? block->gradient.data() + part.row * width + part.box.column : nullptr;
      float* here = gradient.data() + part.begin;
      const int from = home ? owner_slice(*block) : part.slice, to = home ? part.slice : owner_slice(*block);
      if (part.slice == own_slice() && owns) {
        kernels::launch(home ? kernels::CopyColumns{rows, columns, there, width, here, columns}
                             : kernels::CopyColumns{rows, columns, here, columns, there, width},
                        gradient.device());
      } else if (part.slice == own_slice()) {
        exchange_.move(from, to, {here, count}, gradient.device());
      } else if (owns && columns == width) {
        exchange_.move(from, to, {there, count}, gradient.device());
      } else if (owns) {
        const Tensor buffer({rows, columns}, DType::f32, gradient.device());
        if (home)
          kernels::launch(kernels::CopyColumns{rows, columns, there, width, buffer.data(), columns}, gradient.device());
        else
          arriving.push_back({{rows, columns, buffer.data(), columns, there, width}, buffer, gradient.device()});
        exchange_.move(from, to, {buffer.data(), count}, gradient.device());
        leaving.push_back(buffer);
      }
    }
  }
  PERSEA_CHECK(home ? exchange_.wait() : exchange_.order());
  for (const Copy& copy : arriving) kernels::launch(copy.columns, copy.device);
  return {};
}

Status SlicedMuon::apply(double lr_scale, double factor) {
  const auto momentum = static_cast<float>(settings_.momentum), mix = static_cast<float>(factor) * (1 - momentum);
  const double lr = settings_.muon_lr * lr_scale;
  std::vector<Block*> group, own;  // of this tensor group, and of this rank
  for (Block& block : blocks_) {
    if (block.block.owner / grid_.tensor().size() != grid_.data().rank()) continue;
    if (parameters_[block.block.parameter]->fresh) continue;
    group.push_back(&block);
    if (!block.momentum.defined()) continue;
    own.push_back(&block);
    block.gradient = Tensor(block.momentum.shape(), DType::f32, block.momentum.device());
  }
  PERSEA_CHECK(carry(false, group));
  const auto turn = [&](int64_t i) {
    Block& block = *own[static_cast<size_t>(i)];
    const Tensor &m = block.momentum, &gradient = block.gradient;
    axpby(m.count(), mix, gradient.data(), momentum, m.data(), m.device());
    axpby(m.count(), momentum, m.data(), mix, gradient.data(), m.device());
    block.gradient = orthogonalize(gradient, settings_.precision);
  };
  const auto count = static_cast<int64_t>(own.size());
  if (count > 0 && own[0]->momentum.device() == cpu_device) {
    pool().parallel_for(count, turn);
  } else {
    for (int64_t i = 0; i < count; ++i) turn(i);
  }
  PERSEA_CHECK(carry(true, group));
  for (Block* block : group) {
    block->gradient = {};
    const Parameter& p = *parameters_[block->block.parameter];
    for (const Part& part : parts_of(block->block)) {
      if (part.slice != own_slice()) continue;
      float *weight = p.value.data() + part.begin, *update = p.gradient.data() + part.begin;
      const auto kept = static_cast<float>(1 - lr * settings_.weight_decay);
      axpby(part.box.count(), 0, weight, kept, weight, p.value.device());
      axpby(part.box.count(), static_cast<float>(-lr), update, 1, weight, p.value.device());
    }
  }
  return {};
}

ShardedTensor SlicedMuon::momentum(size_t parameter) const {
  ShardedTensor whole{parameters_[parameter]->name + ".m", DType::f32, slices_[parameter].whole, {}};
  const int64_t columns = slices_[parameter].columns();
  for (const Block& block : blocks_) {
    if (block.block.parameter != parameter) continue;
    const int64_t row = block.block.row;
    whole.parts.push_back({row * columns, (row + block.block.rows) * columns, block.block.owner, block.momentum});
  }
  return whole;
}

}  // namespace persea
