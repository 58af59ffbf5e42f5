#include "nn/shards.h"

#include <algorithm>
#include <numeric>

namespace persea {
namespace {

constexpr int64_t kMuonBytes = 4, kAdamWBytes = 8;  // moments of an element
constexpr int64_t kLeastPiece = 16384;              // elements: a message that takes longer than its latency

bool inside_layer(const Parameter& parameter) {
  return parameter.value.shape().size() == 2 && parameter.name.starts_with("layers.");
}

// Multiplications of orthogonalizing `rows` x `columns`, about: three products in each of the steps.
double work_of(int64_t rows, int64_t columns) {
  const auto less = static_cast<double>(std::min(rows, columns)), more = static_cast<double>(std::max(rows, columns));
  return less * less * (2 * more + less);
}

// The blocks, the heaviest first, each to the rank that has least to do so far.
void give_out_blocks(std::vector<Shard>& blocks, std::vector<int64_t>& bytes) {
  const auto work = [&](size_t i) {
    const int64_t columns = muon_block(*blocks[i].parameter);
    return work_of((blocks[i].end - blocks[i].begin) / columns, columns);
  };
  std::vector<size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return work(a) > work(b); });
  std::vector<double> load(bytes.size());
  for (const size_t i : order) {
    const auto least = std::min_element(load.begin(), load.end()) - load.begin();
    blocks[i].owner = static_cast<int>(least);
    load[static_cast<size_t>(least)] += work(i);
    bytes[static_cast<size_t>(least)] += kMuonBytes * (blocks[i].end - blocks[i].begin);
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

}  // namespace

std::vector<Shard> share_out(const std::vector<Parameter*>& parameters, bool muon, int ranks) {
  std::vector<Shard> whole, blocks, all;
  int64_t elements = 0;
  for (Parameter* p : parameters) {
    whole.push_back({p, 0, p->value.count(), 0, muon && inside_layer(*p)});
    if (!whole.back().muon) elements += p->value.count();
  }
  if (ranks == 1) return whole;
  for (const Shard& each : whole) {
    const int64_t step = each.muon ? muon_block(*each.parameter) * each.parameter->value.dim(1) : 0;
    for (int64_t begin = 0; step > 0 && begin < each.end; begin += step)
      blocks.push_back({each.parameter, begin, std::min(each.end, begin + step), 0, true});
  }
  std::vector<int64_t> bytes(static_cast<size_t>(ranks));
  give_out_blocks(blocks, bytes);

  std::vector<int64_t> left = level(elements, bytes);
  int next = 0;
  size_t block = 0;
  for (const Shard& each : whole) {
    for (; block < blocks.size() && blocks[block].parameter == each.parameter; ++block) all.push_back(blocks[block]);
    if (!each.muon) take_turns(each, left, next, all);
  }
  return all;
}

ShardedTensor ShardedTensor::whole(std::string name, const Tensor& tensor) {
  return {std::move(name), tensor.dtype(), tensor.shape(), {{0, tensor.count(), 0, tensor}}};
}

}  // namespace persea
