#include "curate/text_scorer.h"

#include "curate/rule_pack.h"
#include "curate/settings.h"

namespace persea::curate {

Result<PerplexitySettings> read_perplexity_settings(const Json& said) {
  PERSEA_TRY(const PerplexitySettings settings, read_settings<PerplexitySettings>(said, "perplexity"));
  if (settings.least < 0 || settings.most < 0)
    return fail("perplexity: `{}` is below 0: 0 turns it off", settings.least < 0 ? "least" : "most");
  if (settings.most > 0 && settings.least >= settings.most)
    return fail("perplexity: nothing lies between `least` = {} and `most` = {}", settings.least, settings.most);
  return settings;
}

void judge_perplexity(std::string_view text, double bits_per_byte, const PerplexitySettings& settings,
                      Decision& decision) {
  decision.clear();
  if (settings.least > 0 && bits_per_byte < settings.least)
    drop(decision, "perplexity_low", bits_per_byte, settings.least, {0, text.size()});
  else if (settings.most > 0 && !(bits_per_byte <= settings.most))
    drop(decision, "perplexity_high", bits_per_byte, settings.most, {0, text.size()});
}

}  // namespace persea::curate
