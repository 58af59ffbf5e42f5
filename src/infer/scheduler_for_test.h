// For tests of the scheduler: a small model whose text is varied, and requests whose outcome is waited for.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>

#include "infer/generate.h"
#include "infer/scheduler.h"

namespace persea {

inline ModelConfig small_config() {
  ModelConfig config;
  config.vocab = 50, config.dim = 32, config.layers = 2, config.heads = 4, config.kv_heads = 2, config.head_dim = 8;
  config.hidden = 64, config.context = 160;
  config.tied = false;
  return config;
}

// Large random weights: greedy text that goes on in ever other ways.
inline std::unique_ptr<Model> small_model(const ModelConfig& config = small_config(), uint64_t seed = 3) {
  auto model = std::make_unique<Model>(config, seed);
  for (Parameter* parameter : model->parameters())
    if (parameter->decay)
      for (float& value : parameter->value.span()) value *= 12;
  return model;
}

struct Outcome {
  std::vector<int32_t> tokens;
  std::vector<float> logprobs;
  std::vector<TokenEvent> events;
  std::vector<float> embedding;
  RequestEnd end;
  int ends = 0;
};

// Thread-safe. Must outlive the scheduler's requests.
class Outcomes {
 public:
  // A place for what comes of the request; its callbacks, if it has any, are called too.
  size_t watch(Request& request) {
    const std::lock_guard lock(mutex_);
    const size_t index = outcomes_.size();
    outcomes_.emplace_back();
    request.on_token = [this, index, also = request.on_token](const TokenEvent& event) {
      {
        const std::lock_guard inner(mutex_);
        outcomes_[index].tokens.push_back(event.token);
        outcomes_[index].logprobs.push_back(event.logprob);
        outcomes_[index].events.push_back(event);
      }
      return !also || also(event);
    };
    request.on_end = [this, index, also = request.on_end](const RequestEnd& end) {
      if (also) also(end);
      ended(index, end, {});
    };
    return index;
  }
  size_t submit(Scheduler& scheduler, Request request) {
    const size_t index = watch(request);
    const auto answer = scheduler.submit(std::move(request));
    if (const auto* refusal = std::get_if<Scheduler::Refusal>(&answer)) {
      ADD_FAILURE() << "refused: " << refusal->why;
      ended(index, {}, {});
    }
    return index;
  }
  size_t embed(Scheduler& scheduler, EmbeddingRequest request) {
    size_t index = 0;
    {
      const std::lock_guard lock(mutex_);
      index = outcomes_.size();
      outcomes_.emplace_back();
    }
    request.on_end = [this, index](const RequestEnd& end, std::span<const float> embedding) {
      ended(index, end, embedding);
    };
    EXPECT_TRUE(std::holds_alternative<uint64_t>(scheduler.submit_embedding(std::move(request))));
    return index;
  }
  // Waits for its end.
  Outcome wait(size_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return outcomes_[index].ends > 0; });
    return outcomes_[index];
  }
  std::vector<Outcome> all() {
    std::vector<Outcome> result;
    for (size_t i = 0; i < outcomes_.size(); ++i) result.push_back(wait(i));
    return result;
  }

 private:
  void ended(size_t index, const RequestEnd& end, std::span<const float> embedding) {
    const std::lock_guard lock(mutex_);
    outcomes_[index].end = end;
    outcomes_[index].embedding.assign(embedding.begin(), embedding.end());
    ++outcomes_[index].ends;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Outcome> outcomes_;
};

// Random texts that often begin as another one does.
inline std::vector<std::vector<int32_t>> related_prompts(size_t count, int64_t most, int32_t vocab, uint64_t seed) {
  Random random(seed);
  std::vector<std::vector<int32_t>> prompts;
  while (prompts.size() < count) {
    std::vector<int32_t> prompt;
    if (!prompts.empty() && random.chance(0.7)) {
      prompt = random.pick(prompts);
      prompt.resize(1 + random.below(prompt.size()));
    }
    const auto length = 1 + random.below(static_cast<uint64_t>(most));
    while (prompt.size() < length) prompt.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(vocab))));
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

class SchedulerTest : public testing::Test {
 protected:
  static Request request(std::vector<int32_t> prompt, int64_t tokens, uint64_t seed = 0) {
    Request request;
    request.prompt = std::move(prompt);
    request.max_tokens = tokens;
    request.sampler = {.temperature = seed == 0 ? 0.0 : 1.2, .seed = seed};
    return request;
  }
  // What a Session writes: greedy.
  std::vector<int32_t> written(const std::vector<int32_t>& prompt, int64_t tokens) {
    Decoder decoder(*model_);
    Session session(decoder);
    return session.generate(prompt, {.max_tokens = tokens, .sampler = {.temperature = 0}})->tokens;
  }
  std::unique_ptr<Model> model_ = small_model();
};

struct Gate {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::promise<void> reached;
  bool waited = false;
  void hold(Request& request) {
    request.on_token = [this](const TokenEvent&) {
      if (!waited) {
        waited = true;
        reached.set_value();
        released.wait();
      }
      return true;
    };
  }
};

}  // namespace persea
