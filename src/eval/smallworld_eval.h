// Asks a model the held-out questions of smallworld, in the chat format, and counts what it gets right.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "data/smallworld.h"
#include "infer/generate.h"
#include "text/tokenizer.h"

namespace persea {

struct SmallworldScore {
  int right = 0, asked = 0;
  double rate() const { return asked > 0 ? static_cast<double>(right) / asked : 0; }
};

struct SmallworldReport {
  struct Example {
    std::string kind, held_out, prompt, answer, reply;
    bool right;
  };
  SmallworldScore total;
  std::map<std::string, SmallworldScore> kinds;     // by the question's kind
  std::map<std::string, SmallworldScore> held_out;  // by what is held out: names, facts, templates
  std::vector<Example> examples;                    // all of them, in the order asked
  Json json(size_t examples_kept) const;            // rates and counts; right and wrong examples in equal parts
};

// Greedy answers of at most `max_tokens` tokens to `questions`. A question that does not fit into the context counts as
// wrong.
Result<SmallworldReport> ask_smallworld(Decoder& decoder, const Tokenizer& tokenizer,
                                        const std::vector<SmallworldQuestion>& questions, int64_t max_tokens = 48);

}  // namespace persea
