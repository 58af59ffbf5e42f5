#include "train/passes.h"

#include <algorithm>
#include <numbers>

namespace persea {

RowRange share_of_rows(int64_t rows, int rank, int ranks) { return {rows * rank / ranks, rows * (rank + 1) / ranks}; }

int64_t count_targets(const PackedBatch& batch) {
  return std::count_if(batch.targets.begin(), batch.targets.end(), [](int32_t target) { return target >= 0; });
}

double accumulate_gradients(Model& model, const PackedBatch& batch, RowRange rows, int64_t micro_sequences,
                            Model::LossOptions options) {
  const auto targets = static_cast<double>(std::max<int64_t>(1, count_targets(batch)));
  const GradientHook done = std::exchange(options.gradient_done, {});
  Random seeds(options.dropout_seed);
  options.scale = static_cast<float>(1 / targets);
  double sum = 0;
  // Passes do not cross the borders of the whole batch's micro-batches: each of these has a mask of its own.
  for (int64_t micro = 0; micro < rows.end; micro += micro_sequences) {
    options.dropout_seed = seeds.next();
    const RowRange pass{std::max(micro, rows.begin), std::min(micro + micro_sequences, rows.end)};
    if (pass.begin >= pass.end) continue;
    options.dropout_row = pass.begin - micro;
    if (pass.end == rows.end) options.gradient_done = done;
    sum += model.loss(rows_of(batch, pass), options);
  }
  return sum;
}

double accumulate_gradients(Model& model, const PackedBatch& batch, int64_t micro_sequences,
                            const Model::LossOptions& options) {
  const auto targets = static_cast<double>(std::max<int64_t>(1, count_targets(batch)));
  return accumulate_gradients(model, batch, {0, batch.sequences}, micro_sequences, options) / targets;
}

TokenBatch rows_of(const PackedBatch& batch, RowRange range) {
  const auto rows = [&](const std::vector<int32_t>& all) {
    return std::span<const int32_t>(all).subspan(static_cast<size_t>(range.begin * batch.length),
                                                 static_cast<size_t>((range.end - range.begin) * batch.length));
  };
  return {range.end - range.begin, batch.length,          rows(batch.tokens),
          rows(batch.targets),     rows(batch.positions), rows(batch.starts)};
}

Result<Validation> validate(Model& model, const PretrainData& data, int64_t micro_sequences, Ranks& ranks,
                            int tensor_ranks) {
  const int groups = ranks.size() / tensor_ranks, group = ranks.rank() / tensor_ranks;
  Validation result;
  double bytes = 0;
  std::vector<double> sums;  // by pass; 0 where another rank runs it
  for (const PackedBatch& batch : data.validation) {
    for (int64_t row = 0; row < batch.sequences; row += micro_sequences) {
      const TokenBatch rows = rows_of(batch, {row, std::min<int64_t>(row + micro_sequences, batch.sequences)});
      if (std::all_of(rows.targets.begin(), rows.targets.end(), [](int32_t target) { return target < 0; })) continue;
      const bool own = static_cast<int64_t>(sums.size()) % groups == group;
      Model::LossOptions options;
      options.training = false;
      sums.push_back(own ? model.loss(rows, options) : 0);
    }
    for (const int32_t target : batch.targets) {
      if (target < 0) continue;
      ++result.tokens;
      bytes += data.token_bytes.at(static_cast<size_t>(target));
    }
  }
  PERSEA_TRY(const std::vector<double> all, ranks.gather(sums));
  double sum = 0;
  for (size_t pass = 0; pass < sums.size(); ++pass)
    sum += all[pass % static_cast<size_t>(groups) * static_cast<size_t>(tensor_ranks) * sums.size() + pass];
  if (result.tokens > 0) result.loss = sum / static_cast<double>(result.tokens);
  if (bytes > 0) result.bits_per_byte = sum / std::numbers::ln2 / bytes;
  return result;
}

}  // namespace persea
