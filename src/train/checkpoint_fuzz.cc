// Any bytes as a checkpoint: a view whose tensors lie inside them, or an error.
#include "train/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto view = persea::CheckpointView::parse(bytes, "input");
  if (!view) return 0;
  for (const auto& tensor : view->tensors) {
    if (!tensor.data.empty() &&
        (tensor.data.data() < bytes.data() || tensor.data.data() + tensor.data.size() > bytes.data() + size)) {
      __builtin_trap();
    }
  }
  return 0;
}
