#include "data/packing.h"

#include <algorithm>
#include <bit>
#include <set>
#include <tuple>
#include <utility>

namespace persea {
namespace {

// Documents are placed in blocks, the longest of a block first; between blocks at most so many rows stay open.
constexpr size_t kBlock = 8192, kOpenRows = 512;

}  // namespace

Packing pack(std::span<const int64_t> order, std::span<const int64_t> starts, int length) {
  Packing packing;
  std::vector<std::vector<PackedPiece>> open;  // by number; a closed row's number is used again
  std::set<std::pair<int, int>> rooms;         // of open rows (room, number): the fittest is the first with enough
  std::vector<int> unused;
  auto close = [&](int number) {
    packing.pieces.insert(packing.pieces.end(), open[number].begin(), open[number].end());
    packing.rows.push_back(static_cast<int64_t>(packing.pieces.size()));
    open[number].clear();
    unused.push_back(number);
  };
  auto place = [&](PackedPiece piece) {
    auto fittest = rooms.lower_bound({piece.count, 0});
    int room = length, number = 0;
    if (fittest != rooms.end()) {
      std::tie(room, number) = *fittest;
      rooms.erase(fittest);
    } else {
      if (unused.empty()) {
        unused.push_back(static_cast<int>(open.size()));
        open.emplace_back();
      }
      number = unused.back();
      unused.pop_back();
    }
    open[number].push_back(piece);
    room -= piece.count;
    if (room == 0) {
      close(number);
    } else {
      rooms.emplace(room, number);
    }
  };
  std::vector<PackedPiece> block;
  auto place_block = [&](size_t stay_open) {
    std::stable_sort(block.begin(), block.end(),
                     [](const PackedPiece& a, const PackedPiece& b) { return a.count > b.count; });
    for (const PackedPiece& piece : block) place(piece);
    block.clear();
    while (rooms.size() > stay_open) {
      const int fullest = rooms.begin()->second;
      rooms.erase(rooms.begin());
      close(fullest);
    }
  };
  for (const int64_t document : order) {
    int64_t begin = starts[document];
    const int64_t end = starts[document + 1];
    for (; end - begin >= length; begin += length) {
      packing.pieces.push_back({begin, length});
      packing.rows.push_back(static_cast<int64_t>(packing.pieces.size()));
    }
    if (begin < end) block.push_back({begin, static_cast<int32_t>(end - begin)});
    if (block.size() == kBlock) place_block(kOpenRows);
  }
  place_block(0);
  return packing;
}

uint64_t permuted(uint64_t i, uint64_t n, uint64_t key) {
  if (n < 2) return i;
  const int half = (std::bit_width(n - 1) + 1) / 2;
  const uint64_t mask = (uint64_t{1} << half) - 1;
  do {
    uint64_t left = i >> half, right = i & mask;
    for (uint64_t round = 0; round < 4; ++round) {
      uint64_t mixed = (right + 0x9e3779b97f4a7c15 * (round + 1)) ^ key;  // splitmix64's finalizer
      mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
      mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
      mixed ^= mixed >> 31;
      left = std::exchange(right, left ^ (mixed & mask));
    }
    i = left << half | right;
  } while (i >= n);
  return i;
}

}  // namespace persea
