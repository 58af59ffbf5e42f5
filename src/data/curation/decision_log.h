// decisions.jsonl: a line for each document that was dropped or changed, with the reason and the place in the text
// where it can be seen. docs/formats/curation.md describes its fields.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "curate/decision.h"
#include "data/corpus.h"

namespace persea::curation {

// Where a document comes from.
struct Origin {
  std::string_view source, file, place;
};

// The part of `text` around `place`, about 240 bytes, and where in it the place lies.
struct Excerpt {
  std::string text;
  curate::Place mark;
};
Excerpt excerpt_of(std::string_view text, curate::Place place);

// What all lines have: source, file, place and id (of the text as it was read).
Json decision_head(const Origin& origin, const DocumentId& id, std::string_view step, std::string_view verdict);

// A whole line, with its end. `text` is what the step judged.
std::string decision_line(const Origin& origin, const DocumentId& id, std::string_view step,
                          const curate::Decision& decision, std::string_view text);

}  // namespace persea::curation
