#include "nn/shards.h"

#include <algorithm>
#include <numeric>

namespace persea {
namespace {

constexpr int64_t kMuonBytes = 4, kAdamWBytes = 8;  // moments of an element
constexpr int64_t kLeastPiece = 16384;              // elements: a message that takes longer than its latency

bool inside_layer(const Parameter& parameter, const ParameterSlices& slices) {
  return slices.whole.size() == 2 && parameter.name.starts_with("layers.");
}

// Multiplications of orthogonalizing `rows` x `columns`, about: three products in each of the steps.
double work_of(int64_t rows, int64_t columns) {
  const auto less = static_cast<double>(std::min(rows, columns)), more = static_cast<double>(std::max(rows, columns));
  return less * less * (2 * more + less);
}

// The blocks, the heaviest first, each to the rank that has least to do so far.
void give_out(std::vector<MuonBlock>& blocks, const std::vector<ParameterSlices>& slices, int ranks) {
  const auto work = [&](size_t i) { return work_of(blocks[i].rows, slices[blocks[i].parameter].columns()); };
  std::vector<size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return work(a) > work(b); });
  std::vector<double> load(static_cast<size_t>(ranks));
  for (const size_t i : order) {
    const auto least = std::min_element(load.begin(), load.end()) - load.begin();
    blocks[i].owner = static_cast<int>(least);
    load[static_cast<size_t>(least)] += work(i);
  }
}

// How many of `elements` each rank takes, so that the bytes are level; what ranks have already cannot be taken away.
std::vector<int64_t> level(int64_t elements, const std::vector<int64_t>& bytes) {
  std::vector<int64_t> order = bytes;
  std::sort(order.begin(), order.end());
  double height = 0, below = 0;  // water poured over steps of these heights
  for (size_t i = 0; i < order.size(); ++i) {
    below += static_cast<double>(order[i]);
    height = (static_cast<double>(elements * kAdamWBytes) + below) / static_cast<double>(i + 1);
    if (i + 1 == order.size() || height <= static_cast<double>(order[i + 1])) break;
  }
  std::vector<int64_t> takes;
  for (const int64_t has : bytes) {
    const double room = std::max(0.0, height - static_cast<double>(has)) / kAdamWBytes;
    takes.push_back(static_cast<int64_t>(room));
  }
  return takes;
}

// Cuts a parameter for as many ranks as it has pieces of a fair size, so that all of them receive at once while the
// backward pass goes on, and not one after the other. From rank `next` on each takes its piece, or what it has `left`
// to take; what rounding leaves over goes to the last.
void take_turns(const Shard& whole, std::vector<int64_t>& left, int& next, std::vector<Shard>& all) {
  const auto ranks = static_cast<int>(left.size());
  const int64_t owners = std::clamp<int64_t>(whole.end / kLeastPiece, 1, ranks),
                piece = (whole.end + owners - 1) / owners;
  for (int64_t begin = 0; begin < whole.end;) {
    int skipped = 0;
    for (; left[static_cast<size_t>(next)] <= 0 && skipped < ranks; ++skipped) next = (next + 1) % ranks;
    int64_t& has = left[static_cast<size_t>(next)];
    const int64_t end = skipped == ranks ? whole.end : std::min(whole.end, begin + std::min(piece, has));
    all.push_back({whole.parameter, begin, end, next, false});
    has -= end - begin;
    begin = end;
    next = (next + 1) % ranks;
  }
}

// What a slice, of which the boxes are given, has of the block: a range of its elements for each box that meets it.
void add_slices(const MuonBlock& block, const std::vector<Box>& boxes, Parameter* parameter, int owner,
                std::vector<Shard>& all) {
  int64_t at = 0;  // the box's first element
  for (const Box& box : boxes) {
    const int64_t from = std::max(block.row, box.row), to = std::min(block.row + block.rows, box.row + box.rows);
    if (from < to)
      all.push_back({parameter, at + (from - box.row) * box.columns, at + (to - box.row) * box.columns, owner, true});
    at += box.count();
  }
}

}  // namespace

std::vector<MuonBlock> muon_blocks(const std::vector<Parameter*>& parameters,
                                   const std::vector<ParameterSlices>& slices, int ranks) {
  std::vector<MuonBlock> blocks;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!inside_layer(*parameters[i], slices[i])) continue;
    const int64_t rows = slices[i].whole[0], step = slices[i].columns();
    for (int64_t row = 0; row < rows; row += step) blocks.push_back({i, row, std::min(step, rows - row), 0});
  }
  if (!slices.empty()) give_out(blocks, slices, ranks * static_cast<int>(slices[0].boxes.size()));
  return blocks;
}

std::vector<Shard> share_out(const std::vector<Parameter*>& parameters, bool muon, int ranks) {
  return share_out(parameters, whole_slices(parameters), muon, ranks, 0);
}

std::vector<Shard> share_out(const std::vector<Parameter*>& parameters, const std::vector<ParameterSlices>& slices,
                             bool muon, int ranks, int slice) {
  const int tensor_ranks = slices.empty() ? 1 : static_cast<int>(slices[0].boxes.size());
  std::vector<Shard> whole, all;
  int64_t elements = 0;
  for (size_t i = 0; i < parameters.size(); ++i) {
    whole.push_back({parameters[i], 0, slices[i].count(slice), 0, muon && inside_layer(*parameters[i], slices[i])});
    if (!whole.back().muon) elements += whole.back().end;
  }
  if (ranks * tensor_ranks == 1) return whole;

  std::vector<MuonBlock> blocks;
  if (muon) blocks = muon_blocks(parameters, slices, ranks);
  std::vector<int64_t> bytes(static_cast<size_t>(ranks));  // of moments that the ranks have of blocks
  for (const MuonBlock& block : blocks) {
    if (block.owner % tensor_ranks == slice)
      bytes[static_cast<size_t>(block.owner / tensor_ranks)] +=
          kMuonBytes * block.rows * slices[block.parameter].columns();
  }

  std::vector<int64_t> left = level(elements, bytes);
  int next = 0;
  auto block = blocks.begin();
  for (size_t i = 0; i < whole.size(); ++i) {
    for (; block != blocks.end() && block->parameter == i; ++block) {
      add_slices(*block, slices[i].boxes[static_cast<size_t>(slice)], whole[i].parameter, block->owner / tensor_ranks,
                 all);
    }
    if (!whole[i].muon) take_turns(whole[i], left, next, all);
  }
  return all;
}

ShardedTensor ShardedTensor::whole(std::string name, const Tensor& tensor) {
  return {std::move(name), tensor.dtype(), tensor.shape(), {{0, tensor.count(), 0, tensor}}};
}

}  // namespace persea
