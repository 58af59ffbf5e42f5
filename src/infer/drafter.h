// Guesses of how texts go on, to be looked at several tokens in a pass (speculative decoding: Leviathan et al. 2023). A
// guess costs time and never changes a text: each token is drawn as it would be without it, and a guess is right where
// it is the token that was drawn.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "infer/decoder.h"
#include "infer/sampler.h"

namespace persea {

// A text that wants to know how it may go on.
struct Draft {
  uint64_t id;                    // of the text, the same each time
  std::span<const int32_t> text;  // at least a token; begins as it did the last time
  size_t prompt_tokens;           // of it
  const Sampler* sampler;         // as it stands: its copy draws what the text would draw
  int64_t most;                   // tokens wanted
  std::vector<int32_t>* tokens;   // the guess is put here: up to `most`, perhaps none
};

class Drafter {
 public:
  virtual ~Drafter() = default;
  virtual void draft(std::span<const Draft> drafts) = 0;
  virtual void forget(uint64_t id) = 0;  // this text will not come again
};

// What followed the last time that the text's last few tokens stood together (prompt lookup: Saxena 2023): good where
// texts repeat what they were given, and free of cost.
class LookupDrafter : public Drafter {
 public:
  void draft(std::span<const Draft> drafts) override;
  void forget(uint64_t) override {}

  static constexpr int64_t kLongest = 4, kShortest = 2;  // tokens that are looked for
};

// What a smaller model with the same tokens writes. It draws with the same random numbers as the text's own sampler, so
// that two models that nearly agree mostly draw the same token.
class ModelDrafter : public Drafter {
 public:
  // `cache_tokens` bounds its own cache: who does not fit gets no guess.
  ModelDrafter(DecoderWeights weights, int64_t cache_tokens);
  ~ModelDrafter() override;
  void draft(std::span<const Draft> drafts) override;
  void forget(uint64_t id) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace persea
