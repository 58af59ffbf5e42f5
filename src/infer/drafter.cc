#include "infer/drafter.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace persea {
namespace {

// The tokens that followed the latest earlier place where the last `length` tokens of `text` stood; empty where there
// is none.
std::span<const int32_t> after_last(std::span<const int32_t> text, size_t length) {
  if (text.size() <= length) return {};
  const auto key = text.last(length);
  for (size_t at = text.size() - length; at-- > 0;) {
    if (text[at] == key[0] && std::equal(key.begin(), key.end(), text.begin() + static_cast<std::ptrdiff_t>(at))) {
      return text.subspan(at + length);
    }
  }
  return {};
}

}  // namespace

void LookupDrafter::draft(std::span<const Draft> drafts) {
  for (const Draft& draft : drafts) {
    draft.tokens->clear();
    for (int64_t length = kLongest; length >= kShortest && draft.tokens->empty(); --length) {
      const auto follows = after_last(draft.text, static_cast<size_t>(length));
      const auto count = std::min(static_cast<int64_t>(follows.size()), draft.most);
      draft.tokens->assign(follows.begin(), follows.begin() + std::max<int64_t>(count, 0));
    }
  }
}

struct ModelDrafter::State {
  State(DecoderWeights weights, int64_t cache_tokens)
      : decoder(std::move(weights)),
        pages(std::make_shared<KvPool>(decoder.config(), cache_tokens, KvPool::Format::f32, decoder.weights().device)) {
  }

  struct Text {
    KvCache cache;
    std::vector<int32_t> tokens;  // those in the cache
  };
  Decoder decoder;  // before the pages, which are of its shape
  std::shared_ptr<KvPool> pages;
  std::unordered_map<uint64_t, Text> texts;
};

ModelDrafter::ModelDrafter(DecoderWeights weights, int64_t cache_tokens)
    : state_(std::make_unique<State>(std::move(weights), std::max<int64_t>(cache_tokens, KvPool::kTokens))) {}

ModelDrafter::~ModelDrafter() = default;

void ModelDrafter::forget(uint64_t id) { state_->texts.erase(id); }

void ModelDrafter::draft(std::span<const Draft> drafts) {
  struct Work {
    const Draft* draft;
    State::Text* text;
    Sampler sampler;
    std::vector<int32_t> run, seen;
    int32_t choice = -1;  // of a greedy text
  };
  const ModelConfig& config = state_->decoder.config();
  std::vector<Work> works;
  for (const Draft& draft : drafts) {
    draft.tokens->clear();
    const int64_t whole = static_cast<int64_t>(draft.text.size()) + draft.most;
    const bool known = std::all_of(draft.text.begin(), draft.text.end(),
                                   [&](int32_t token) { return token >= 0 && token < config.vocab; });
    if (draft.most <= 0 || whole > config.context || !known) continue;
    State::Text& text =
        state_->texts.try_emplace(draft.id, State::Text{KvCache(state_->pages, config.context), {}}).first->second;
    // Of what it has guessed that stays which came true; the last token runs again where nothing is new.
    const auto same = std::mismatch(text.tokens.begin(), text.tokens.end(), draft.text.begin(), draft.text.end() - 1);
    const auto kept = same.first - text.tokens.begin();
    text.tokens.resize(static_cast<size_t>(kept));
    text.cache.truncate(kept);
    if (!text.cache.reserve(whole)) {
      forget(draft.id);
      continue;
    }
    works.push_back({&draft,
                     &text,
                     *draft.sampler,
                     {draft.text.begin() + kept, draft.text.end()},
                     {draft.text.begin(), draft.text.end()}});
  }
  while (!works.empty()) {
    std::vector<Decoder::Piece> pieces;
    for (Work& work : works)
      pieces.push_back({.cache = &work.text->cache,
                        .tokens = work.run,
                        .likeliest = work.sampler.greedy() ? &work.choice : nullptr});
    const Result<Tensor> logits = state_->decoder.forward(pieces);
    if (!logits) return;
    const float* row = logits->data();
    for (Work& work : works) {
      work.text->tokens.insert(work.text->tokens.end(), work.run.begin(), work.run.end());
      const bool greedy = work.sampler.greedy();
      const auto token =
          greedy ? finite_choice(work.choice)
                 : work.sampler.sample({row, static_cast<size_t>(config.vocab)}, work.seen, work.draft->prompt_tokens);
      if (!greedy) row += config.vocab;
      work.run.clear();
      if (!token || *token < 0) continue;
      work.draft->tokens->push_back(*token);
      work.seen.push_back(*token);
      if (static_cast<int64_t>(work.draft->tokens->size()) < work.draft->most) work.run.push_back(*token);
    }
    std::erase_if(works, [](const Work& work) { return work.run.empty(); });
  }
}

}  // namespace persea
