// How the text of a reply is to be written: the options that completions, chats and responses have in common, read from
// a request and handed to the scheduler.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "infer/sampler.h"
#include "serve/field_reader.h"

namespace persea {

struct WritingOptions {
  SamplerOptions sampler{.temperature = 1};  // as the APIs have it where a request says nothing
  bool seeded = false;                       // the request has named the seed
  std::optional<int64_t> max_tokens = {};    // nothing: as many as fit
  std::vector<std::string> stop = {};
  int64_t choices = 1;  // "n"
  bool logprobs = false;
  int64_t likeliest = 0;  // alternatives to tell with each token
  bool stream = false;
  bool stream_usage = false;
  std::string user = {};  // whom the client speaks for: its own word
  bool store = false;     // the content may be kept
};

inline constexpr int64_t kMostChoices = 128, kMostLikeliest = 20;

// temperature, top_p, top_k, min_p, penalties, logit_bias, seed, stop, n, stream, stream_options, user, store. A seed
// that is not named is drawn. max_tokens and logprobs, which the APIs spell differently, are left to the caller.
WritingOptions read_writing_options(const FieldReader& request);

}  // namespace persea
