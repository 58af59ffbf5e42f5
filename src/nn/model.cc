#include "nn/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "autograd/ops/attention.h"
#include "autograd/ops/dropout_add.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/head_norm.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/linear_cross_entropy.h"
#include "autograd/ops/rms_norm.h"
#include "autograd/ops/row_bias.h"
#include "kernels/cross_entropy.h"
#include "kernels/gemm.h"
#include "kernels/launch.h"
#include "kernels/round.h"
#include "tensor/cuda.h"

namespace persea {
namespace {

using Prologue = LinearOptions::Prologue;

// What `rank` holds of a matrix of random numbers, which are drawn for the whole.
Parameter matrix(std::string name, const ParameterSlices& slices, int rank, double deviation,
                 std::optional<uint64_t> seed) {
  Parameter parameter{std::move(name), Tensor(slices.shape(rank)), {}, true, true};
  if (!seed) return parameter;
  Random random(*seed, parameter.name);
  const auto next = [&] { return static_cast<float>(random.normal() * deviation); };
  float* to = parameter.value.data();
  int64_t row = 0;
  const auto skip = [&](int64_t count) {
    for (int64_t i = 0; i < count; ++i) (void)next();
  };
  for (const Box& box : slices.boxes[static_cast<size_t>(rank)]) {
    skip((box.row - row) * slices.columns());
    for (row = box.row; row < box.row + box.rows; ++row) {
      skip(box.column);
      for (int64_t i = 0; i < box.columns; ++i) *to++ = next();
      skip(slices.columns() - box.column - box.columns);
    }
  }
  return parameter;
}

Parameter vector(std::string name, const ParameterSlices& slices, int rank, float value) {
  Parameter parameter{std::move(name), Tensor(slices.shape(rank)), {}, true, false};
  for (float& each : parameter.value.span()) each = value;
  return parameter;
}

// Checked here, because ops do not look at what lies on a GPU: each of `count` values is in [low, high).
Tensor ids(std::span<const int32_t> values, int64_t count, const char* what, int64_t low, int64_t high) {
  if (static_cast<int64_t>(values.size()) != count)
    throw std::logic_error(fmt::format("model: {} {} for {} tokens", values.size(), what, count));
  for (const int32_t value : values)
    if (value < low || value >= high)
      throw std::logic_error(fmt::format("model: {} of {} in [{}, {})", value, what, low, high));
  return Tensor::from(values, {count});
}

// A window moves the first place that a token sees.
Tensor within_window(Tensor starts, int64_t length, int64_t window) {
  if (window == 0) return starts;
  const auto first = starts.span<int32_t>();
  for (size_t i = 0; i < first.size(); ++i)
    first[i] = std::max(first[i], static_cast<int32_t>(static_cast<int64_t>(i) % length - window + 1));
  return starts;
}

CrossEntropyOptions cross_entropy(const ModelConfig& config, SliceGroup* group,
                                  kernels::Precision precision = kernels::Precision::f32) {
  return {static_cast<float>(config.logit_soft_cap), precision, group, config.vocab};
}

}  // namespace

Model::Model(const ModelConfig& config, std::optional<uint64_t> seed, SliceGroup* group)
    : config_(config), group_(group && group->size() > 1 ? group : nullptr) {
  if (Status status = config.check(); !status) throw std::logic_error("model: " + status.error().message);
  if (Status status = check_slices(config, ranks()); !status)
    throw std::logic_error("model: " + status.error().message);
  const ModelConfig& c = config_;
  const int rank = group_ ? group_->rank() : 0;
  const double deviation = 0.02, into_residual = deviation / std::sqrt(2.0 * static_cast<double>(c.layers));
  auto make = [&](std::string name, const Shape& shape, double width) {
    slices_.push_back(slices_of(c, name, shape, ranks()));
    return matrix(std::move(name), slices_.back(), rank, width, seed);
  };
  auto fill = [&](std::string name, int64_t width, float value) {
    slices_.push_back(slices_of(c, name, {width}, ranks()));
    return vector(std::move(name), slices_.back(), rank, value);
  };
  embedding_ = make("embedding", {c.vocab, c.dim}, deviation);
  for (int64_t i = 0; i < c.layers; ++i) {
    auto name = [&](const char* part) { return fmt::format("layers.{}.{}", i, part); };
    Layer layer;
    layer.attention_norm = fill(name("attention_norm"), c.dim, 1);
    layer.qkv = make(name("qkv"), {c.qkv_rows(), c.dim}, deviation);
    if (c.qkv_bias) layer.qkv_bias = fill(name("qkv_bias"), c.qkv_rows(), 0);
    if (c.qk_norm) {
      layer.q_norm = fill(name("q_norm"), c.head_dim, 1);
      layer.k_norm = fill(name("k_norm"), c.head_dim, 1);
    }
    layer.o = make(name("o"), {c.dim, c.heads * c.head_dim}, into_residual);
    layer.mlp_norm = fill(name("mlp_norm"), c.dim, 1);
    const int64_t hidden = c.hidden_of(i), gates = c.activation == Activation::swiglu ? 2 : 1;
    layer.up = make(name("up"), {gates * hidden, c.dim}, deviation);
    layer.down = make(name("down"), {c.dim, hidden}, into_residual);
    if (c.mixed(i)) {
      const int64_t experts = c.llama4->experts;
      layer.router = make(name("router"), {experts, c.dim}, deviation);
      layer.expert_up = make(name("expert_up"), {experts * 2 * hidden, c.dim}, deviation);
      layer.expert_down = make(name("expert_down"), {experts * c.dim, hidden}, into_residual);
    }
    layers_.push_back(std::move(layer));
  }
  norm_ = fill("norm", c.dim, 1);
  if (!c.tied) head_ = make("head", {c.vocab, c.dim}, deviation);
}

std::vector<Parameter*> Model::parameters() {
  std::vector<Parameter*> all{&embedding_};
  for (Layer& layer : layers_) {
    all.insert(all.end(), {&layer.attention_norm, &layer.qkv});
    if (config_.qkv_bias) all.push_back(&layer.qkv_bias);
    if (config_.qk_norm) all.insert(all.end(), {&layer.q_norm, &layer.k_norm});
    all.insert(all.end(), {&layer.o, &layer.mlp_norm, &layer.up, &layer.down});
    if (layer.router.value.defined()) all.insert(all.end(), {&layer.router, &layer.expert_up, &layer.expert_down});
  }
  all.push_back(&norm_);
  if (!config_.tied) all.push_back(&head_);
  return all;
}

std::vector<const Parameter*> Model::parameters() const {
  const std::vector<Parameter*> all = const_cast<Model*>(this)->parameters();
  return {all.begin(), all.end()};
}

Parameter& Model::parameter(std::string_view name) {
  for (Parameter* parameter : parameters())
    if (parameter->name == name) return *parameter;
  throw std::logic_error(fmt::format("model: no parameter {}", name));
}

// The tensor on the model's device: on a GPU in a place that grows, and stays where it is otherwise.
Tensor Model::placed(size_t place, const Tensor& tensor) {
  if (device() == cpu_device) return tensor;
  Tensor& there = places_.at(place);
  if (!there.defined() || there.count() < tensor.count()) there = Tensor(tensor.shape(), tensor.dtype(), device());
  const Tensor own = there.slice(0, tensor.count());
  own.copy_from(tensor);
  return own;
}

Model::Placed Model::place(const TokenBatch& batch) {
  const ModelConfig& c = config_;
  const int64_t n = batch.sequences * batch.length;
  if (n <= 0) throw std::logic_error("model: an empty batch");
  if (Status status = c.trainable(); !status) throw std::logic_error("model: " + status.error().message);
  if (!rope_.cos.defined() || rope_.cos.dim(0) < batch.length || rope_.cos.device() != device()) {
    rope_ = rope_table(c, batch.length);
    rope_ = {rope_.cos.to(device()), rope_.sin.to(device())};
  }
  const Tensor first = ids(batch.starts, n, "starts", 0, batch.length);
  for (int64_t i = 0; i < n; ++i)
    if (first.data<int32_t>()[i] > i % batch.length) throw std::logic_error("model: a start behind its token");
  return {batch.sequences, batch.length, placed(0, own_ids(ids(batch.tokens, n, "tokens", 0, c.vocab), -1)),
          placed(1, ids(batch.positions, n, "positions", 0, batch.length)),
          placed(2, within_window(first, batch.length, c.window))};
}

// What the layer makes of the residual stream.
Tape::Value Model::layer(Tape& tape, Tape::Value x, int64_t index, const Placed& batch, const LossOptions& options) {
  const ModelConfig& c = config_;
  Layer& layer = layers_[static_cast<size_t>(index)];
  const auto eps = static_cast<float>(c.norm_eps);
  const Prologue activation = c.activation == Activation::swiglu ? Prologue::swiglu : Prologue::relu_squared;
  const kernels::Precision beside_linear = kernels::beside_linear(options.precision);
  const LinearOptions plain{Prologue::none, eps, options.precision, {}, group_},
      normed{Prologue::rms_norm, eps, options.precision, group_, {}},
      activated{activation, eps, options.precision, {}, group_};

  // A branch joins the residual stream inside its last product, or, with dropout, after it.
  uint64_t seed = options.dropout_seed + 2 * static_cast<uint64_t>(index);
  auto join = [&](Tape::Value branch, Parameter& weight, const LinearOptions& linear) {
    if (options.dropout == 0) return tape.run(linear_op(), {branch, tape.parameter(weight), {}, x}, linear)[0];
    const Tape::Value y = tape.run(linear_op(), {branch, tape.parameter(weight), {}, {}}, linear)[0];
    return tape.run(dropout_add_op(), {y, x},
                    DropoutOptions{static_cast<float>(options.dropout), Random(seed++).next(),
                                   options.dropout_row * batch.length})[0];
  };
  Tape::Value qkv =
      tape.run(linear_op(), {x, tape.parameter(layer.qkv), tape.parameter(layer.attention_norm), {}}, normed)[0];
  if (c.qkv_bias) qkv = tape.run(row_bias_op(), {qkv, tape.parameter(layer.qkv_bias)})[0];
  if (c.qk_norm)
    qkv = tape.run(head_norm_op(), {qkv, tape.parameter(layer.q_norm), tape.parameter(layer.k_norm)},
                   HeadNormOptions{c.heads / ranks(), c.kv_heads / ranks(), eps, group_})[0];
  const Tape::Value attended =
      tape.run(attention_op(),
               {qkv, tape.constant(batch.positions), tape.constant(batch.starts), tape.constant(rope_.cos),
                tape.constant(rope_.sin)},
               AttentionOptions{batch.length, c.heads / ranks(), c.kv_heads / ranks(), c.head_dim, beside_linear})[0];
  x = join(attended, layer.o, plain);
  const Tape::Value up =
      tape.run(linear_op(), {x, tape.parameter(layer.up), tape.parameter(layer.mlp_norm), {}}, normed)[0];
  return join(up, layer.down, activated);
}

// Everything up to the last residual stream, [tokens, dim]. What the parts take is to outlive the backward pass.
Tape::Value Model::body(Tape& tape, const Placed& batch, const LossOptions& options) {
  const ModelConfig& c = config_;
  Tape::Value x =
      tape.run(embedding_op(), {tape.parameter(embedding_), tape.constant(batch.tokens)}, EmbeddingOptions{group_})[0];
  // Without a backward pass to come nothing is kept of any layer.
  const int64_t recomputed = options.training ? options.recomputed : c.layers;
  for (int64_t i = 0; i < c.layers; ++i) {
    const Tape::Part part = [this, i, &batch, &options](Tape& on, Tape::Value in) {
      return layer(on, in, i, batch, options);
    };
    x = i < recomputed ? tape.checkpoint(x, part) : part(tape, x);
  }
  return tape.run(rms_norm_op(), {x, tape.parameter(norm_)}, RmsNormOptions{static_cast<float>(c.norm_eps)})[0];
}

void Model::to(Device device) {
  for (Parameter* parameter : parameters()) {
    parameter->value = parameter->value.to(device);
    parameter->gradient = {};
    parameter->fresh = true;
  }
  passes_.clear();
  places_ = {};
  weights_changed();
}

void Model::weights_changed() {
  for (Parameter* parameter : parameters()) parameter->rounded = {};
}

// Makes the copies that are missing.
void Model::round_matrices() {
  for (Parameter* parameter : parameters()) {
    const Tensor& value = parameter->value;
    if (value.shape().size() != 2 || parameter->rounded.defined()) continue;
    parameter->rounded = Tensor(value.shape(), DType::bf16, device());
    kernels::launch(kernels::Round{value.count(), value.data(), parameter->rounded.data<Bf16>()}, device());
  }
}

// Ids of the vocabulary as rows of this rank's slice of it; those of other ranks become `elsewhere`.
Tensor Model::own_ids(Tensor all, int32_t elsewhere) const {
  if (!group_) return all;
  const Box& own = slices_[0].boxes[static_cast<size_t>(group_->rank())][0];  // of the embedding
  for (int32_t& id : all.span<int32_t>()) {
    if (id < 0) continue;
    const int64_t row = id - own.row;
    id = row >= 0 && row < own.rows ? static_cast<int32_t>(row) : elsewhere;
  }
  return all;
}

Tensor Model::targets_of(const TokenBatch& batch) {
  const Tensor targets = ids(batch.targets, batch.sequences * batch.length, "targets", -1, config_.vocab);
  return placed(3, own_ids(targets, kernels::kTargetElsewhere));
}

// What a pass has made, to be read.
Tensor Model::on_cpu(const Tensor& made) const {
  if (group_) group_->wait();
  return made.to(cpu_device);
}

double Model::loss(const TokenBatch& batch, const LossOptions& options) {
  const bool rounded = options.training && options.precision != kernels::Precision::f32 && device() != cpu_device;
  if (rounded) round_matrices();
  const Placed in = place(batch);
  const Tensor targets = targets_of(batch);
  Parameter& head = config_.tied ? embedding_ : head_;
  if (!options.training) {
    const Arena::Use use(passes_.arena());
    Tape tape(false);
    const Tape::Value x = body(tape, in, {.training = false});
    const Tensor losses =
        on_cpu(linear_cross_entropy_losses(tape.tensor(x), head.value, targets, cross_entropy(config_, group_)));
    double sum = 0;
    for (float loss : losses.span()) sum += loss;
    return sum;
  }
  const std::array factors{options.scale, 1.0F};  // of the losses, and of the gradient
  const Tensor scales = placed(4, Tensor::from(std::span<const float>(factors), {2}));
  const auto pass = [&] {
    Tape tape(true, rounded ? DType::bf16 : DType::f32);
    const Tape::Value x = body(tape, in, options);
    const Tape::Value loss = tape.run(
        linear_cross_entropy_op(), {x, tape.parameter(head), tape.constant(targets), tape.constant(scales.slice(0, 1))},
        cross_entropy(config_, group_, kernels::beside_linear(options.precision)))[0];
    const Tensor scaled = tape.tensor(loss);
    tape.backward(loss, scales.slice(1, 2), options.gradient_done);
    return scaled;
  };
  const Arena::Use use(passes_.arena());
  // A graph cannot wait for other ranks, nor draw other masks than when it was recorded.
  const bool recordable = device() != cpu_device && !group_ && !options.gradient_done && options.dropout == 0;
  const Tensor scaled =
      recordable
          ? passes_.run(std::array{static_cast<double>(in.sequences), static_cast<double>(in.length),
                                   static_cast<double>(options.precision), static_cast<double>(options.recomputed)},
                        std::array{in.tokens, in.positions, in.starts, targets, scales, rope_.cos, rope_.sin},
                        parameters(), pass)
          : pass();
  return on_cpu(scaled).data()[0] / static_cast<double>(options.scale);
}

std::vector<float> Model::token_losses(const TokenBatch& batch) {
  const Placed in = place(batch);
  const Tensor targets = targets_of(batch);
  const Arena::Use use(passes_.arena());
  Tape tape(false);
  const Tape::Value x = body(tape, in, {.training = false});
  const Tensor losses =
      on_cpu(linear_cross_entropy_losses(tape.tensor(x), head().value, targets, cross_entropy(config_, group_)));
  return {losses.data(), losses.data() + losses.count()};
}

Tensor Model::logits(const TokenBatch& batch) {
  if (group_) throw std::logic_error("model: logits of a slice");
  const Placed in = place(batch);
  const Arena::Use use(passes_.arena());
  Tape tape(false);
  const Tensor x = tape.tensor(body(tape, in, {.training = false}));
  const int64_t n = x.dim(0), dim = config_.dim, vocab = config_.vocab;
  const Tensor there({n, vocab}, DType::f32, device());
  kernels::launch(kernels::Gemm{n, vocab, dim, kernels::row_major(x.data(), dim),
                                kernels::transposed(head().value.data(), dim), there.data(), vocab},
                  device());
  Tensor logits = there.to(cpu_device);
  if (const auto cap = static_cast<float>(config_.logit_soft_cap); cap > 0)
    for (float& logit : logits.span()) logit = cap * std::tanh(logit / cap);
  return logits;
}

RopeTable rope_table(const ModelConfig& config, int64_t positions) {
  const int64_t half = config.head_dim / 2;
  RopeTable table{Tensor({positions, half}), Tensor({positions, half})};
  for (int64_t i = 0; i < half; ++i) {
    double frequency = std::pow(config.rope_theta, -static_cast<double>(i) / static_cast<double>(half));
    if (const auto& scaling = config.rope_scaling) {
      if (scaling->kind == RopeScaling::Kind::linear) {
        frequency /= scaling->factor;
      } else {
        // Llama 3.1: long waves are stretched by the factor, short ones kept, those between interpolated.
        const double turns = static_cast<double>(scaling->original_context) * frequency / (2 * M_PI);
        const double low = scaling->low_frequency_factor, high = scaling->high_frequency_factor;
        const double kept = high > low ? std::clamp((turns - low) / (high - low), 0.0, 1.0) : turns >= high ? 1 : 0;
        frequency *= kept + (1 - kept) / scaling->factor;
      }
    }
    for (int64_t p = 0; p < positions; ++p) {
      const double angle = static_cast<double>(p) * frequency;
      table.cos.data()[p * half + i] = static_cast<float>(std::cos(angle));
      table.sin.data()[p * half + i] = static_cast<float>(std::sin(angle));
    }
  }
  return table;
}

}  // namespace persea
