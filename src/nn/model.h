// The Llama architecture as a graph of fused ops over its parameters. It knows token ids only: no text, no files, no
// cache.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "autograd/slice_group.h"
#include "autograd/tape.h"
#include "base/random.h"
#include "kernels/precision.h"
#include "nn/config.h"
#include "nn/recorded_passes.h"
#include "nn/slices.h"

namespace persea {

// Rows of tokens, `length` each, sequences * length in all. positions restart at each document; starts[i] is the index
// within its row of the first token of token i's document: attention never looks before it. targets of -1 count for
// nothing.
struct TokenBatch {
  int64_t sequences = 0, length = 0;
  std::span<const int32_t> tokens, targets, positions, starts;
};

// cos and sin of every (position, frequency): [positions, head_dim / 2] each, with the config's theta and scaling.
struct RopeTable {
  Tensor cos, sin;
};
RopeTable rope_table(const ModelConfig& config, int64_t positions);

class Model {
 public:
  // Weights: normal with deviation 0.02 (o and down divided by sqrt(2 layers)), gains 1; a pure function of the seed.
  // Without one the matrices are not set: for a reader, who fills them all. With a group, which has to outlive it, the
  // model holds this rank's slices of the same weights, and never more; all ranks of the group run the same passes, and
  // have the same losses and the same gradients of what they hold in common.
  Model(const ModelConfig& config, std::optional<uint64_t> seed, SliceGroup* group = nullptr);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const ModelConfig& config() const { return config_; }  // of the whole
  // What each rank of the group holds of each of parameters(), in their order.
  const std::vector<ParameterSlices>& slices() const { return slices_; }

  // Puts the parameters there; gradients are dropped. The passes run where the parameters lie; who looks at them
  // (files, decoders) needs them on the CPU.
  void to(Device device);
  Device device() const { return embedding_.value.device(); }

  // To be called by who has changed weights and is no optimizer: drops their rounded copies, which the next pass that
  // needs them makes again.
  void weights_changed();

  // Fused as they lie in memory, shapes of the whole: per layer "layers.N.qkv" [(heads + 2 kv_heads) head_dim, dim],
  // "layers.N.o" [dim, heads head_dim], "layers.N.up" [2 hidden (gate rows first) or hidden, dim], "layers.N.down"
  // [dim, hidden], gains "layers.N.attention_norm", "layers.N.mlp_norm" [dim], with qk_norm "layers.N.q_norm",
  // "layers.N.k_norm" [head_dim], with qkv_bias "layers.N.qkv_bias"; "embedding" [vocab, dim], "norm" [dim], and "head"
  // [vocab, dim] unless tied. A mixed layer's "up" and "down" are those that all tokens share; "layers.N.router"
  // [experts, dim], and the experts' one below the other: "layers.N.expert_up" [experts 2 expert_hidden, dim],
  // "layers.N.expert_down" [experts dim, expert_hidden].
  std::vector<Parameter*> parameters();
  std::vector<const Parameter*> parameters() const;
  Parameter& parameter(std::string_view name);  // throws std::logic_error where there is none

  struct Layer {
    Parameter attention_norm, qkv, qkv_bias, q_norm, k_norm, o, mlp_norm, up, down, router, expert_up, expert_down;
  };
  const std::vector<Layer>& layers() const { return layers_; }
  const Parameter& embedding() const { return embedding_; }
  const Parameter& norm() const { return norm_; }
  const Parameter& head() const { return config_.tied ? embedding_ : head_; }

  // Passes over whole rows. They throw std::logic_error for a model that is not trainable(): a Decoder runs it.

  // Sum of the targets' cross-entropies in nats (divide by their number for the mean). With training, gradients of
  // scale * sum are added to the parameters. `dropout` and its seed act in training only; a batch that is rows of a
  // larger one is dropped as these rows of it are.
  struct LossOptions {
    bool training = true;
    float scale = 1;
    double dropout = 0;
    uint64_t dropout_seed = 0;
    int64_t dropout_row = 0;  // the batch's first row in the larger one
    // Of the products, in training; fp8: of the layers' matrices, bf16 of the rest. On a GPU bf16 is then what
    // activations are stored in too; weights have rounded copies, their gradients are f32.
    kernels::Precision precision = kernels::Precision::f32;
    // Of so many layers, the first ones, nothing is kept for the backward pass but their input, and their forward pass
    // runs again there: less memory, the same bits.
    int64_t recomputed = 0;
    GradientHook gradient_done = {};  // see Tape::backward
  };
  double loss(const TokenBatch& batch, const LossOptions& options);

  // Cross-entropy of each token (nats; 0 where the target is -1), and logits [sequences * length, vocab] for tests and
  // scoring, of a whole model only.
  std::vector<float> token_losses(const TokenBatch& batch);
  Tensor logits(const TokenBatch& batch);

  // Of the passes of training those that are replayed on a GPU.
  int64_t recorded_passes() const { return passes_.recorded(); }

 private:
  // A batch where the model lies.
  struct Placed {
    int64_t sequences, length;
    Tensor tokens, positions, starts;
  };

  void round_matrices();
  Placed place(const TokenBatch& batch);
  Tensor placed(size_t place, const Tensor& tensor);
  Tape::Value layer(Tape& tape, Tape::Value x, int64_t index, const Placed& batch, const LossOptions& options);
  Tape::Value body(Tape& tape, const Placed& batch, const LossOptions& options);
  Tensor targets_of(const TokenBatch& batch);
  Tensor own_ids(Tensor ids, int32_t elsewhere) const;
  Tensor on_cpu(const Tensor& made) const;
  int ranks() const { return group_ ? group_->size() : 1; }
  ModelConfig config_;
  SliceGroup* group_;  // none: the model is whole
  std::vector<ParameterSlices> slices_;
  std::vector<Layer> layers_;
  Parameter embedding_, norm_, head_;
  RopeTable rope_;  // on the parameters' device, for the longest batch so far
  // On a GPU what a pass reads of its batch always lies in the same places.
  std::array<Tensor, 5> places_;
  RecordedPasses passes_;
};

}  // namespace persea
