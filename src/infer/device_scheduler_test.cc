// A scheduler whose model runs on a GPU: shared beginnings, company and guesses change no text there either. Skipped
// where there is no GPU; slow where it is emulated.
#include "infer/scheduler_for_test.h"
#include "tensor/cuda.h"

namespace persea {
namespace {

class SchedulerOnAGpuSlow : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::present()) GTEST_SKIP() << "no GPU here";
  }
  DecoderWeights weights(const Model& model) const {
    return on_device(DecoderWeights::of(model, WeightType::q8), cuda_device).value();
  }
  // Texts whose prompts have a page in common: greedy, greedy with log-probabilities, drawn.
  static std::vector<Request> requests() {
    std::vector<Request> all;
    for (int32_t i = 0; i < 3; ++i) {
      Request request;
      for (int32_t t = 0; t < 40; ++t) request.prompt.push_back(t * t % 47);
      request.prompt.push_back(i);
      request.max_tokens = 6;
      request.sampler = {.temperature = i == 2 ? 1.0 : 0.0, .seed = 7};
      request.logprobs = i == 1;
      all.push_back(request);
    }
    return all;
  }
  std::vector<std::vector<int32_t>> write(const SchedulerOptions& options, Scheduler::Stats& stats) const {
    Outcomes outcomes;
    Scheduler scheduler(weights(*model_), options);
    for (Request& request : requests()) outcomes.submit(scheduler, std::move(request));
    std::vector<std::vector<int32_t>> texts;
    for (const Outcome& outcome : outcomes.all()) {
      EXPECT_EQ(outcome.end.reason, EndReason::max_tokens) << outcome.end.error;
      texts.push_back(outcome.tokens);
    }
    stats = scheduler.stats();
    return texts;
  }
  std::unique_ptr<Model> model_ = small_model();
};

TEST_F(SchedulerOnAGpuSlow, WritesTheSameAloneInCompanyAndByGuesses) {
  Scheduler::Stats alone, together, guessed;
  const auto texts = write({.sequences = 1, .share_prefixes = false}, alone);
  EXPECT_EQ(alone.reused_tokens, 0U);
  EXPECT_EQ(write({.sequences = 3, .pass_tokens = 50}, together), texts);
  EXPECT_GT(together.reused_tokens, 0U);
  const auto twin = std::make_shared<ModelDrafter>(weights(*model_), 400);
  EXPECT_EQ(write({.sequences = 3, .drafter = twin, .draft_tokens = 3}, guessed), texts);
  EXPECT_GT(guessed.accepted, 0U);
}

// A pool that is too small for all: pages are taken from one and given to another on the GPU.
TEST_F(SchedulerOnAGpuSlow, MakesRoom) {
  Scheduler::Stats whole, small;
  const auto texts = write({.sequences = 3}, whole);
  EXPECT_EQ(write({.sequences = 3, .cache_tokens = 96, .share_prefixes = false}, small), texts);
}

}  // namespace
}  // namespace persea
