// The tape's checkpoints: the same bits as without, and each gradient announced once.
#include "autograd/tape.h"

#include <gtest/gtest.h>

#include <cstring>

#include "autograd/ops/dropout_add.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/linear_cross_entropy.h"
#include "autograd/ops/rms_norm.h"
#include "base/threads.h"

namespace persea {
namespace {

constexpr int64_t kRows = 7, kDim = 24;

Tensor random_tensor(const Shape& shape, uint64_t seed) {
  Random random(seed);
  const Tensor tensor(shape);
  for (float& value : tensor.span()) value = static_cast<float>(random.normal() * 0.5);
  return tensor;
}

// Three branches on a stream x, which is read twice by each of them; the middle one's matrix is the head's too, and all
// share a gain.
struct Net {
  enum class Kept { all, none, nested };
  Parameter input{"input", random_tensor({kRows, kDim}, 1), {}}, gain{"gain", random_tensor({kDim}, 2), {}},
      first{"first", random_tensor({kDim, kDim}, 3), {}}, head{"head", random_tensor({kDim, kDim}, 4), {}},
      last{"last", random_tensor({kDim, kDim}, 5), {}};
  int runs = 0;  // of branches

  std::vector<Parameter*> parameters() { return {&input, &gain, &first, &head, &last}; }

  Tape::Value branch(Tape& tape, Tape::Value x, Parameter& weight, uint64_t seed) {
    ++runs;
    const LinearOptions normed{LinearOptions::Prologue::rms_norm};
    const Tape::Value y =
        tape.run(linear_op(), {x, tape.parameter(weight), tape.parameter(gain), {}}, std::any(normed))[0];
    return tape.run(dropout_add_op(), {y, x}, DropoutOptions{0.3F, seed})[0];
  }

  float loss(Kept kept, const GradientHook& done = {}, bool training = true) {
    Tape tape(training);
    Tape::Value x = tape.parameter(input);
    const auto add = [&](Tape& on, Tape::Value from, Parameter& weight, uint64_t seed, bool checkpointed) {
      if (!checkpointed) return branch(on, from, weight, seed);
      return on.checkpoint(from, [this, &weight, seed](Tape& t, Tape::Value v) { return branch(t, v, weight, seed); });
    };
    if (kept == Kept::nested) {
      x = tape.checkpoint(x, [&](Tape& t, Tape::Value v) { return add(t, add(t, v, first, 1, true), head, 2, false); });
    } else {
      x = add(tape, x, first, 1, kept == Kept::none);
      x = add(tape, x, head, 2, kept == Kept::none);
    }
    x = add(tape, x, last, 3, kept == Kept::none);
    const float half_of_it[] = {0.5F};
    const Tensor half = Tensor::from(std::span<const float>(half_of_it), {1});
    const int32_t targets[kRows] = {3, 1, 4, 1, 5, -1, 2};
    const Tape::Value value =
        tape.run(linear_cross_entropy_op(),
                 {x, tape.parameter(head), tape.constant(Tensor::from(std::span<const int32_t>(targets), {kRows})),
                  tape.constant(half)},
                 CrossEntropyOptions{})[0];
    const float sum = tape.tensor(value).data()[0];
    if (training) tape.backward(value, half, done);
    return sum;
  }
};

TEST(Checkpoint, GradientsHaveTheSameBits) {
  set_threads(2);
  for (const auto kept : {Net::Kept::none, Net::Kept::nested}) {
    Net whole, parts;
    for (int pass = 0; pass < 2; ++pass) EXPECT_EQ(parts.loss(kept), whole.loss(Net::Kept::all));  // they add up
    EXPECT_EQ(whole.runs, 6);
    EXPECT_EQ(parts.runs, 12);  // nested: the first branch three times a pass, the others twice and once
    for (size_t i = 0; i < whole.parameters().size(); ++i) {
      const Tensor &expected = whole.parameters()[i]->gradient, &found = parts.parameters()[i]->gradient;
      ASSERT_EQ(std::memcmp(found.raw(), expected.raw(), static_cast<size_t>(expected.bytes())), 0)
          << whole.parameters()[i]->name;
    }
  }
  set_threads(1);
}

TEST(Checkpoint, EachGradientIsAnnouncedOnceItIsWhole) {
  Net whole;
  whole.loss(Net::Kept::all);
  std::vector<std::string> order;
  Net again;
  again.loss(Net::Kept::all, [&](Parameter& parameter) { order.push_back(parameter.name); });
  ASSERT_EQ(order.size(), 5U);
  for (const auto kept : {Net::Kept::none, Net::Kept::nested}) {
    std::vector<std::string> told;
    Net parts;
    parts.loss(kept, [&](Parameter& parameter) {
      told.push_back(parameter.name);
      for (size_t i = 0; i < whole.parameters().size(); ++i) {
        const Tensor& expected = whole.parameters()[i]->gradient;
        if (parts.parameters()[i] != &parameter) continue;
        EXPECT_EQ(std::memcmp(parameter.gradient.raw(), expected.raw(), static_cast<size_t>(expected.bytes())), 0)
            << parameter.name;
      }
    });
    EXPECT_EQ(told, order);  // ranks that keep different layers send in the same order
  }
}

TEST(Checkpoint, OfATapeThatDoesNotTrainRunsOnce) {
  Net whole, parts;
  EXPECT_EQ(parts.loss(Net::Kept::none, {}, false), whole.loss(Net::Kept::all, {}, false));
  EXPECT_EQ(parts.runs, 3);
  EXPECT_FALSE(parts.head.gradient.defined());
}

TEST(Checkpoint, APartWithoutAnOpIsRefused) {
  Tape tape;
  const Tape::Value x = tape.constant(Tensor({2, 2}));
  EXPECT_THROW(tape.checkpoint(x, [](Tape&, Tape::Value v) { return v; }), std::logic_error);
}

}  // namespace
}  // namespace persea
