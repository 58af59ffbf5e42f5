// How surprising texts are to something that has read others: what a language model of the lab gives to curation, which
// knows no models. And what is decided by that figure. (CCNet, arXiv 1911.00359, parts texts of the web so.)
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "curate/decision.h"

namespace persea::curate {

// One call at a time; a call may use all threads.
class TextScorer {
 public:
  virtual ~TextScorer() = default;
  virtual std::string name() const = 0;       // of the model, for people
  virtual Json settings() const = 0;          // all that decides the figures, the model's digest too
  virtual int64_t texts_at_once() const = 0;  // so many short texts at a time are scored fastest

  // Bits for a byte of each text, to `figures`, which has as many places; 0 for an empty text. A text's figure has the
  // same bits whichever texts are beside it.
  virtual Status score(std::span<const std::string_view> texts, std::span<double> figures) = 0;
};

// Bounds in bits for a byte; 0 turns one off. What lies below repeats itself or is boilerplate, what lies above is
// noise to the model: neither is known before the figures of one's own texts were looked at, so both are off.
struct PerplexitySettings {
  static constexpr bool kZeroIsOff = true;
  double least = 0, most = 0;

  template <class Visit>
  void fields(const Visit& visit) {
    visit("least", least);
    visit("most", most);
  }
};

// Fails where a setting is unknown, of the wrong type, below 0, or there is nothing between the bounds.
Result<PerplexitySettings> read_perplexity_settings(const Json& said);

// Drops for "perplexity_low" or "perplexity_high", or keeps.
void judge_perplexity(std::string_view text, double bits_per_byte, const PerplexitySettings& settings,
                      Decision& decision);

}  // namespace persea::curate
