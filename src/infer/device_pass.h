// A Decoder's passes on a GPU. Everything lies there but the tokens on their way in and the logits on their way out. A
// pass of few rows is recorded as a graph the second time that one of its size comes, and replayed from then on: the
// GPU then waits for no launch. A row has the same bits in any pass. It refuses experts (decoder_weights.h does,
// before).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "infer/decoder_run.h"
#include "infer/decoder_weights.h"
#include "kernels/paged_attention.h"
#include "kernels/rounded_rows.h"
#include "tensor/cuda.h"

namespace persea {

class DevicePass {
 public:
  explicit DevicePass(DecoderWeights weights);  // that lie on the GPU

  // Runs up to kPassRows rows, adds them to their caches' pages (not to their sizes) and puts what is wanted into those
  // rows of `logits` [.., vocab], before any cap, or of `choices` [..], both on the CPU.
  void run(std::span<const DecoderRun> runs, int64_t rows, float* logits, int32_t* choices);

  static constexpr int64_t kRecordedRows = 64;  // of a pass that is recorded

 private:
  struct Step {  // of as many rows (a power of two) over page tables of one size
    int64_t times = 0;
    std::unique_ptr<cuda::Graph> graph;
  };
  // Where a pass finds what is new in it, in one block of the GPU's memory.
  struct Inputs {
    int32_t *tokens, *positions, *tables, *read;  // [kPassRows] each; read: rows that are wanted, those to choose last
    std::byte** pages;                            // [sequences, table_pages]
  };
  void grow_rope(int64_t positions);
  void place(std::span<const DecoderRun> runs, int64_t rows, int64_t padded, int64_t table_pages);
  Inputs inputs(std::byte* block) const;
  kernels::RoundedRows rounded(int64_t rows, const WeightMatrix& matrix) const;
  void multiply(const WeightMatrix& matrix, const kernels::RoundedRows& x, const Tensor& y, bool accumulate) const;
  void norm(const Tensor& gain, const kernels::RoundedRows& to, const int32_t* from = nullptr) const;
  void layer(const DecoderWeights::Layer& layer, const kernels::PagedRows& rows) const;
  void layers(int64_t rows, int64_t table_pages, KvPool::Format format) const;
  void head(int64_t rows, const int32_t* from) const;  // logits of these rows of x

  DecoderWeights weights_;
  Tensor x_, qkv_, up_, rounded_, partials_, logits_, choices_;
  Tensor inputs_;                   // bytes
  std::vector<std::byte> staging_;  // what goes there
  RopeTable rope_;
  int64_t rope_positions_ = 0;
  std::map<std::pair<int64_t, int64_t>, Step> steps_;  // by rows and table_pages; of places that stay
  KvPool::Format format_{};                            // of the steps' caches
};

}  // namespace persea
