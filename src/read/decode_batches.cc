#include "read/decode_batches.h"

#include "base/threads.h"

namespace persea::read {

Status decode_batches(ItemReader& reader, const ReadLimits& limits,
                      const std::function<Status(const Item& item, Decoded& decoded)>& take) {
  constexpr size_t kItems = 256, kBytes = 16 << 20;
  std::vector<Item> items(kItems);
  std::vector<Decoded> decoded(kItems);
  for (bool more = true; more;) {
    size_t count = 0, bytes = 0;
    while (count < kItems && bytes < kBytes && (more = reader.next(items[count]))) bytes += items[count++].bytes.size();
    pool().parallel_for(static_cast<int64_t>(count), [&](int64_t i) {
      const auto at = static_cast<size_t>(i);
      decoded[at].clear();
      decode(items[at], limits, decoded[at]);
    });
    for (size_t i = 0; i < count; ++i) PERSEA_CHECK(take(items[i], decoded[i]));
  }
  return {};
}

}  // namespace persea::read
