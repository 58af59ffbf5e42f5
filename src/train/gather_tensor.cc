#include "train/gather_tensor.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace persea {
namespace {

using Sink = std::function<void(std::span<const std::byte>)>;
using Part = ShardedTensor::Part;

constexpr int64_t kMessage = 4 << 20;  // bytes that a rank sends at a time

// One message to rank 0, or from another: this rank is one of both.
Status pass_on(Ranks& ranks, int from, std::span<std::byte> bytes) {
  const bool receives = ranks.rank() == 0;
  const auto transfer = receives ? ranks.receive(from, bytes) : ranks.send(0, bytes);
  return ranks.wait([&] { return transfer->done() ? std::vector<int>{} : std::vector<int>{receives ? from : 0}; });
}

// Parts that follow each other.
Status gather_in_turn(const ShardedTensor& tensor, Ranks& ranks, const Sink& sink) {
  const bool writes = ranks.rank() == 0;
  std::vector<std::byte> buffer(writes && ranks.size() > 1 ? kMessage : 0);
  for (const Part& part : tensor.parts) {
    const int64_t bytes = (part.end - part.begin) * dtype_bytes(tensor.dtype);
    if (part.owner == 0 && writes) sink({part.local.raw(), static_cast<size_t>(bytes)});
    if (part.owner == 0 || (!writes && part.owner != ranks.rank())) continue;
    for (int64_t at = 0; at < bytes; at += kMessage) {
      const auto count = static_cast<size_t>(std::min(kMessage, bytes - at));
      const std::span<std::byte> message(writes ? buffer.data() : part.local.raw() + at, count);
      PERSEA_CHECK(pass_on(ranks, part.owner, message));
      if (writes) sink(message);
    }
  }
  return {};
}

// Parts of boxes: bands of whole rows are put together, one after the other.
Status gather_bands(const ShardedTensor& tensor, Ranks& ranks, const Sink& sink) {
  const bool writes = ranks.rank() == 0;
  const int64_t size = dtype_bytes(tensor.dtype), rows = tensor.shape.at(0),
                width = tensor.shape.size() == 2 ? tensor.shape[1] : 1,
                step = std::max<int64_t>(1, kMessage / (width * size));
  std::vector<std::byte> band(static_cast<size_t>(writes ? std::min(step, rows) * width * size : 0)),
      buffer(band.size());
  for (int64_t top = 0; top < rows; top += step) {
    const int64_t bottom = std::min(rows, top + step);
    for (const Part& part : tensor.parts) {
      if (part.owner == ShardedTensor::kCopied || (!writes && part.owner != ranks.rank())) continue;
      const Box& box = part.box;
      const int64_t begin = std::max(part.begin, (std::max(top, box.row) - box.row) * box.columns),
                    end = std::min(part.end, (std::min(bottom, box.row + box.rows) - box.row) * box.columns);
      if (begin >= end) continue;
      const auto count = static_cast<size_t>((end - begin) * size);
      const bool own = part.owner == ranks.rank();
      std::byte* const from = own ? part.local.raw() + (begin - part.begin) * size : buffer.data();
      if (part.owner != 0) PERSEA_CHECK(pass_on(ranks, part.owner, {from, count}));
      for (int64_t i = begin; writes && i < end;) {  // as much as lies in one row
        const int64_t row = box.row + i / box.columns, column = i % box.columns;
        const int64_t some = std::min(end - i, box.columns - column);
        std::memcpy(band.data() + ((row - top) * width + box.column + column) * size, from + (i - begin) * size,
                    static_cast<size_t>(some * size));
        i += some;
      }
    }
    if (writes) sink(std::span(band).first(static_cast<size_t>((bottom - top) * width * size)));
  }
  return {};
}

}  // namespace

Status gather_tensor(const ShardedTensor& tensor, Ranks& ranks, const Sink& sink) {
  const bool boxes =
      std::any_of(tensor.parts.begin(), tensor.parts.end(), [](const Part& part) { return part.box.count() > 0; });
  return boxes ? gather_bands(tensor, ranks, sink) : gather_in_turn(tensor, ranks, sink);
}

}  // namespace persea
