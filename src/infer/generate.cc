#include "infer/generate.h"

#include <algorithm>
#include <memory>

namespace persea {
namespace {

constexpr size_t kTogether = 32;  // sequences in a pass of generate_greedy

bool contains(std::span<const int32_t> ids, int32_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

std::span<const float> row(const Tensor& logits, int64_t i) {
  return {logits.data() + i * logits.columns(), static_cast<size_t>(logits.columns())};
}

Status check_prompt(std::span<const int32_t> prompt, const ModelConfig& config) {
  if (prompt.empty()) return fail("the prompt is empty: there is nothing to go on from");
  if (static_cast<int64_t>(prompt.size()) >= config.context) {
    return fail("the prompt has {} tokens; the model's context holds {} with the answer: shorten it", prompt.size(),
                config.context);
  }
  return {};
}

}  // namespace

Result<Generation> Session::generate(std::span<const int32_t> prompt, const GenerateOptions& options,
                                     const Sink& sink) {
  PERSEA_CHECK(options.sampler.check());
  PERSEA_CHECK(check_prompt(prompt, decoder_.config()));
  Generation result;
  if (options.max_tokens <= 0) return result;

  // Of a prompt that is wholly there the last token runs again, for its logits.
  const auto same = std::mismatch(tokens_.begin(), tokens_.end(), prompt.begin(), prompt.end() - 1).first;
  reused_ = same - tokens_.begin();
  tokens_.resize(static_cast<size_t>(reused_));
  cache_.truncate(reused_);

  Sampler sampler(options.sampler);
  std::vector<int32_t> seen(prompt.begin(), prompt.end());
  const auto token_after = [&](std::span<const int32_t> tokens) -> Result<int32_t> {
    int32_t choice = -1;
    const Decoder::Piece piece{.cache = &cache_, .tokens = tokens, .likeliest = sampler.greedy() ? &choice : nullptr};
    PERSEA_TRY(const Tensor logits, decoder_.forward({&piece, 1}));
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
    return piece.likeliest ? finite_choice(choice) : sampler.sample(row(logits, 0), seen, prompt.size());
  };
  std::span<const int32_t> next = prompt.subspan(static_cast<size_t>(reused_));
  while (true) {
    PERSEA_TRY(const int32_t token, token_after(next));
    if (token < 0) return fail("every token is banned by its bias: nothing can come next");
    if (contains(options.stop, token)) {
      result.reason = StopReason::stop_token;
      return result;
    }
    result.tokens.push_back(token);
    seen.push_back(token);
    const auto written = static_cast<int64_t>(result.tokens.size());
    if (sink && !sink(token)) {
      result.reason = StopReason::cancelled;
      return result;
    }
    if (written == options.max_tokens) return result;
    if (cache_.size() == cache_.context()) {
      result.reason = StopReason::context;
      return result;
    }
    next = {&seen.back(), 1};
  }
}

Result<std::vector<Generation>> generate_greedy(Decoder& decoder, const std::vector<std::vector<int32_t>>& prompts,
                                                int64_t max_tokens, std::span<const int32_t> stop) {
  for (size_t i = 0; i < prompts.size(); ++i) {
    if (const Status status = check_prompt(prompts[i], decoder.config()); !status) {
      return fail("prompt {}: {}", i + 1, status.error().message);
    }
  }
  struct Sequence {
    size_t index;
    KvCache cache;
    std::span<const int32_t> next;  // tokens to run
    int32_t choice = -1;            // what comes after them
  };
  std::vector<Generation> results(prompts.size());
  std::vector<std::unique_ptr<Sequence>> active;
  std::vector<Decoder::Piece> pieces;
  // Pages of one pool, in which a sequence that has ended leaves its own to the next prompt.
  const auto pages = std::make_shared<KvPool>(decoder.config(), 0, KvPool::Format::f32, decoder.weights().device);
  for (size_t begun = 0; max_tokens > 0;) {
    while (active.size() < kTogether && begun < prompts.size()) {
      active.push_back(
          std::make_unique<Sequence>(Sequence{begun, KvCache(pages, decoder.config().context), prompts[begun]}));
      ++begun;
    }
    if (active.empty()) break;
    pieces.clear();
    for (const auto& sequence : active)
      pieces.push_back({.cache = &sequence->cache, .tokens = sequence->next, .likeliest = &sequence->choice});
    PERSEA_CHECK(decoder.forward(pieces));
    for (size_t i = 0; i < active.size(); ++i) {
      Sequence& sequence = *active[i];
      Generation& result = results[sequence.index];
      PERSEA_TRY(const int32_t token, finite_choice(sequence.choice));
      if (contains(stop, token)) {
        result.reason = StopReason::stop_token;
      } else {
        result.tokens.push_back(token);
        sequence.next = {&result.tokens.back(), 1};
        if (static_cast<int64_t>(result.tokens.size()) < max_tokens &&
            sequence.cache.size() < sequence.cache.context()) {
          continue;
        }
        result.reason =
            static_cast<int64_t>(result.tokens.size()) == max_tokens ? StopReason::max_tokens : StopReason::context;
      }
      active[i].reset();
    }
    std::erase(active, nullptr);
  }
  return results;
}

}  // namespace persea
