// The data card of a corpus: what is in it, where that comes from, what was done to it and what that took away, in
// Markdown for people. Written from the recorded facts alone, so that it says nothing that nobody measured.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/result.h"

namespace persea::curation {

// Settings of a corpus whose steps and sources stand under their names, so that two corpora can be compared.
Json named_settings(const Json& settings);

// Names of what judged, in the order in which it did; copies and the mixture come last.
std::vector<std::string> step_names(const Json& settings);

// The settings of the corpus as it was curated, whatever was deleted from it later, and the sources that were.
struct CardSettings {
  Json curated;
  std::vector<std::string> deleted;
};
CardSettings card_settings(const Json& settings);

struct CardFacts {
  Json settings;            // of the stage that made the corpus
  Json funnel;              // funnel.json
  Json facts;               // of the stage
  std::string id, content;  // of the artifact; empty while it is being made
};

// Fails where the funnel is none. What is missing in settings or facts is not spoken of.
Result<std::string> data_card(const CardFacts& about);

// card.md of the corpus that a stage of these settings has made in `folder`.
Status write_card(const fs::path& folder, const Json& settings);

}  // namespace persea::curation
