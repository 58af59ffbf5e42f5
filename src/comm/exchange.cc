#include "comm/exchange.h"

#include <algorithm>
#include <utility>

#include "base/threads.h"

namespace persea {
namespace {

constexpr int64_t kRange = 65536;    // floats that a thread adds up at a time
constexpr int64_t kRow = 1024;       // of these, as many as stay in its nearest cache
constexpr int64_t kBatch = 8 << 20;  // floats of reduce() from which on a batch between GPUs is begun

std::span<float> floats_of(const Piece& piece) { return {piece.data, static_cast<size_t>(piece.count)}; }

// to[i] = parts[0][i] + parts[1][i] + ...; `to` may be one of the parts.
void add_rows(const std::vector<const float*>& parts, int64_t begin, int64_t end, float* to) {
  float sum[kRow];
  for (int64_t row = begin; row < end; row += kRow) {
    const int64_t count = std::min(kRow, end - row);
    std::copy_n(parts[0] + row, count, sum);
    for (size_t part = 1; part < parts.size(); ++part) {
      const float* from = parts[part] + row;
      for (int64_t i = 0; i < count; ++i) sum[i] += from[i];
    }
    std::copy_n(sum, count, to + row);
  }
}

}  // namespace

void Exchange::reduce(const Piece& piece) {
  if (ranks_.size() == 1 || piece.count == 0 || ranks_.broken()) return;
  if (piece.device != cpu_device) return reduce_on_gpu(piece);
  if (piece.owner != ranks_.rank()) {
    moving_.push_back({piece.owner, ranks_.send(piece.owner, std::as_bytes(floats_of(piece)))});
    return;
  }
  Sum sum{piece, std::vector<Tensor>(static_cast<size_t>(ranks_.size())), {}};
  for (int peer = 0; peer < ranks_.size(); ++peer) {
    if (peer == ranks_.rank()) continue;
    Tensor& part = sum.parts[static_cast<size_t>(peer)];
    part = Tensor({piece.count});
    sum.arriving.push_back({peer, ranks_.receive(peer, std::as_writable_bytes(part.span()))});
  }
  sums_.push_back(std::move(sum));
}

void Exchange::share(const Piece& piece) {
  if (ranks_.size() == 1 || piece.count == 0 || ranks_.broken()) return;
  if (piece.device != cpu_device) return share_on_gpu(piece);
  if (piece.owner != ranks_.rank()) {
    moving_.push_back({piece.owner, ranks_.receive(piece.owner, std::as_writable_bytes(floats_of(piece)))});
    return;
  }
  for (int peer = 0; peer < ranks_.size(); ++peer) {
    if (peer != ranks_.rank()) moving_.push_back({peer, ranks_.send(peer, std::as_bytes(floats_of(piece)))});
  }
}

void Exchange::move(int from, int to, std::span<float> floats) {
  if (from == to || floats.empty() || ranks_.broken()) return;
  if (from == ranks_.rank()) moving_.push_back({to, ranks_.send(to, std::as_bytes(floats))});
  if (to == ranks_.rank()) moving_.push_back({from, ranks_.receive(from, std::as_writable_bytes(floats))});
}

void Exchange::add_up(Sum& sum) {
  std::vector<const float*> parts;
  for (const Tensor& part : sum.parts) parts.push_back(part.defined() ? part.data() : sum.piece.data);
  pool().parallel_for((sum.piece.count + kRange - 1) / kRange, [&](int64_t block) {
    add_rows(parts, block * kRange, std::min(sum.piece.count, (block + 1) * kRange), sum.piece.data);
  });
}

void Exchange::reduce_on_gpu(const Piece& piece) {
  if (piece.owner == ranks_.rank()) {
    const int others = ranks_.size() - 1;
    const Tensor& parts = batch_parts_.emplace_back(Shape{others, piece.count}, DType::f32, piece.device);
    float* to = parts.data();
    for (int peer = 0; peer < ranks_.size(); ++peer) {
      if (peer == piece.owner) continue;
      batch_.receives.push_back({to, piece.count, peer});
      to += piece.count;
    }
    batch_.sums.push_back({piece.data, parts.data(), piece.count, piece.owner, others});
  } else {
    batch_.sends.push_back({piece.data, piece.count, piece.owner});
  }
  // All ranks count the same floats: their batches are the same.
  batch_floats_ += piece.count;
  if (batch_floats_ >= kBatch) begin_batch();
}

void Exchange::share_on_gpu(const Piece& piece) {
  if (piece.owner != ranks_.rank()) return batch_.receives.push_back({piece.data, piece.count, piece.owner});
  for (int peer = 0; peer < ranks_.size(); ++peer) {
    if (peer != piece.owner) batch_.sends.push_back({piece.data, piece.count, peer});
  }
}

void Exchange::begin_batch() {
  Flight flight{std::exchange(batch_parts_, {}), {}, nullptr};
  for (const auto* moves : {&batch_.sends, &batch_.receives}) {
    for (const GpuBatch::Move& move : *moves) flight.peers.push_back(move.peer);
  }
  if (!flight.peers.empty()) {
    flight.transfer = ranks_.begin(std::exchange(batch_, {}));
    flights_.push_back(std::move(flight));
  }
  batch_floats_ = 0;
}

std::vector<int> Exchange::move_on() {
  const auto done = [](const Pending& pending) { return pending.transfer->done(); };
  std::vector<int> missing;
  std::erase_if(moving_, done);
  for (const Pending& each : moving_) missing.push_back(each.peer);
  for (auto sum = sums_.begin(); sum != sums_.end();) {
    std::erase_if(sum->arriving, done);
    for (const Pending& each : sum->arriving) missing.push_back(each.peer);
    if (sum->arriving.empty()) {
      add_up(*sum);
      sum = sums_.erase(sum);
    } else {
      ++sum;
    }
  }
  std::erase_if(flights_, [](const Flight& flight) { return flight.transfer->done(); });
  for (const Flight& flight : flights_) missing.insert(missing.end(), flight.peers.begin(), flight.peers.end());
  return missing;
}

void Exchange::progress() {
  if (!ranks_.broken() && !(moving_.empty() && sums_.empty() && flights_.empty())) (void)move_on();
}

Status Exchange::wait() {
  if (ranks_.size() == 1) return {};
  if (!ranks_.broken()) begin_batch();
  return ranks_.wait([this] { return move_on(); });
}

}  // namespace persea
