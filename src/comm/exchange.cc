#include "comm/exchange.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/threads.h"

namespace persea {
namespace {

constexpr int64_t kRange = 65536;  // floats that a thread adds up at a time
constexpr int64_t kRow = 1024;     // of these, as many as stay in its nearest cache
// Batches that order() leaves behind: enough that a GPU does not wait for the CPU, and few enough that the CPU, which
// asks a GPU for a thousand things at most, is never held up where it could not see that a rank has died.
constexpr size_t kAhead = 8;

std::span<std::byte> bytes_of(const Piece& piece) {
  if (piece.dtype != DType::f32) throw std::logic_error("Exchange: on the CPU pieces are f32");
  return {static_cast<std::byte*>(piece.data), static_cast<size_t>(piece.bytes())};
}

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
    moving_.push_back({piece.owner, ranks_.send(piece.owner, bytes_of(piece))});
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
    moving_.push_back({piece.owner, ranks_.receive(piece.owner, bytes_of(piece))});
    return;
  }
  for (int peer = 0; peer < ranks_.size(); ++peer) {
    if (peer != ranks_.rank()) moving_.push_back({peer, ranks_.send(peer, bytes_of(piece))});
  }
}

void Exchange::move(int from, int to, std::span<float> floats, Device device) {
  if (from == to || floats.empty() || ranks_.broken()) return;
  if (device != cpu_device) {
    const auto bytes = static_cast<int64_t>(floats.size_bytes());
    if (from == ranks_.rank()) batch_.sends.push_back({floats.data(), bytes, to});
    if (to == ranks_.rank()) batch_.receives.push_back({floats.data(), bytes, from});
    return;
  }
  if (from == ranks_.rank()) moving_.push_back({to, ranks_.send(to, std::as_bytes(floats))});
  if (to == ranks_.rank()) moving_.push_back({from, ranks_.receive(from, std::as_writable_bytes(floats))});
}

void Exchange::add_up(Sum& sum) {
  float* const own = static_cast<float*>(sum.piece.data);
  std::vector<const float*> parts;
  for (const Tensor& part : sum.parts) parts.push_back(part.defined() ? part.data() : own);
  pool().parallel_for((sum.piece.count + kRange - 1) / kRange, [&](int64_t block) {
    add_rows(parts, block * kRange, std::min(sum.piece.count, (block + 1) * kRange), own);
  });
}

void Exchange::reduce_on_gpu(const Piece& piece) {
  if (piece.owner == ranks_.rank()) {
    const int others = ranks_.size() - 1;
    const Tensor& parts = batch_parts_.emplace_back(Shape{others, piece.count}, piece.dtype, piece.device);
    std::byte* to = parts.raw();
    for (int peer = 0; peer < ranks_.size(); ++peer) {
      if (peer == piece.owner) continue;
      batch_.receives.push_back({to, piece.bytes(), peer});
      to += piece.bytes();
    }
    batch_.sums.push_back({piece.data, parts.raw(), piece.dtype, piece.count, piece.owner, others});
  } else {
    batch_.sends.push_back({piece.data, piece.bytes(), piece.owner});
  }
  // All ranks count the same numbers: their batches are the same.
  batch_numbers_ += piece.count;
  if (batch_numbers_ >= least_batch_) begin_batch();
}

void Exchange::share_on_gpu(const Piece& piece) {
  if (piece.owner != ranks_.rank()) return batch_.receives.push_back({piece.data, piece.bytes(), piece.owner});
  for (int peer = 0; peer < ranks_.size(); ++peer) {
    if (peer != piece.owner) batch_.sends.push_back({piece.data, piece.bytes(), peer});
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
  batch_numbers_ = 0;
}

// Returns the ranks from which something on the CPU is awaited.
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
  return missing;
}

void Exchange::progress() {
  if (!ranks_.broken() && !(moving_.empty() && sums_.empty() && flights_.empty())) (void)move_on();
}

Status Exchange::wait() {
  if (ranks_.size() == 1) return {};
  if (!ranks_.broken()) begin_batch();
  return ranks_.wait([this] {
    std::vector<int> missing = move_on();
    for (const Flight& flight : flights_) missing.insert(missing.end(), flight.peers.begin(), flight.peers.end());
    return missing;
  });
}

Status Exchange::order() {
  if (ranks_.size() == 1) return {};
  if (!ranks_.broken()) begin_batch();
  return ranks_.wait([this] {
    std::vector<int> missing = move_on();
    for (size_t i = 0; i < flights_.size(); ++i) {
      Flight& flight = flights_[i];
      if (!flight.transfer->ordered() || i + kAhead < flights_.size())
        missing.insert(missing.end(), flight.peers.begin(), flight.peers.end());
      else
        flight.parts.clear();  // who takes their memory next does so behind the batch
    }
    return missing;
  });
}

}  // namespace persea
