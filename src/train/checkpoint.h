// Checkpoints: everything that a run needs to go on to the same bits, in one file. A file is written beside its name,
// made durable and renamed; a SHA-256 at its end covers every byte before it. Two are kept, so that a damaged one costs
// only the steps since the other. The format is in docs/formats/checkpoint.md; nothing but this program reads it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "comm/ranks.h"
#include "nn/model.h"
#include "nn/optimizer.h"

namespace persea {

namespace fs = std::filesystem;

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
using ShardedTensors = std::vector<ShardedTensor>;
ShardedTensors whole_tensors(const NamedTensors& tensors);
// What a run changes: the weights, then the optimizer's moments. `slice` is this rank's place in its tensor group.
ShardedTensors weights_of(Model& model, int slice = 0);
ShardedTensors training_state(Model& model, const Optimizer& optimizer, int slice = 0);

// A checkpoint's bytes, looked at in place.
struct CheckpointView {
  struct Entry {
    std::string name;
    DType dtype;
    Shape shape;
    std::span<const std::byte> data;
  };
  Json state;
  std::vector<Entry> tensors;
  std::span<const std::byte> covered;  // what the hash covers
  std::string_view hash;               // as recorded: 64 hex digits

  // Checks the structure and all bounds, not the hash.
  static Result<CheckpointView> parse(std::span<const std::byte> bytes, std::string_view where);
};

Status write_checkpoint(const fs::path& path, const Json& state, const NamedTensors& tensors);
// By all ranks at once: rank 0 writes its `state` and what the others send it of their parts, a few megabytes at a
// time. Each rank hears of the error.
Status write_checkpoint(const fs::path& path, const Json& state, const ShardedTensors& tensors, Ranks& ranks);

// Checks everything, then fills `tensors`, of sharded ones the parts that are here: names, types and shapes must be
// those of the file, in its order. On an error the tensors are as they were. Returns the state. With `known`, whose
// hash another rank has checked, that is not done again.
Result<Json> read_checkpoint(const fs::path& path, const NamedTensors& tensors);
Result<Json> read_checkpoint(const fs::path& path, const ShardedTensors& tensors, bool known = false);

// The checkpoints of one run: checkpoint-00000400. All ranks call save() and load() together; rank 0 writes and removes
// files, the others read them in the same directory.
class CheckpointStore {
 public:
  // `regular` says of a step whether its checkpoint belongs to the run's plan; rollbacks return to those only, because
  // where a run was interrupted must not change what it computes.
  CheckpointStore(fs::path directory, std::function<bool(int64_t step)> regular, Ranks& ranks)
      : directory_(std::move(directory)), regular_(std::move(regular)), ranks_(ranks) {}

  // Writes the checkpoint of `step`, then removes what is superseded: all but two regular ones, and irregular ones
  // before the newest.
  Status save(int64_t step, const Json& state, const ShardedTensors& tensors);

  // Fills `tensors` from the newest checkpoint that is whole; says of each damaged one that it was passed over. Nothing
  // where there is none at all; an error where all are damaged.
  struct Loaded {
    int64_t step;
    Json state;
  };
  Result<std::optional<Loaded>> load(const ShardedTensors& tensors, bool regular_only = false);

  // Removes the checkpoints after `step`.
  void drop_after(int64_t step);

 private:
  fs::path file(int64_t step) const;
  std::vector<int64_t> steps() const;  // newest first
  Result<std::optional<Loaded>> newest(const ShardedTensors& tensors, bool regular_only);

  fs::path directory_;
  std::function<bool(int64_t)> regular_;
  Ranks& ranks_;
};

}  // namespace persea
