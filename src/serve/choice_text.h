// One answer as its tokens come: text that may be shown, stop strings, and for each token what the client asked to know
// of it, told together with the text that it belongs to.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "eval/stop_strings.h"
#include "infer/scheduler.h"
#include "text/streaming_decoder.h"
#include "text/tokenizer.h"

namespace persea {

struct TokenFacts {
  int32_t token = -1;
  float logprob = 0;
  std::vector<std::pair<int32_t, float>> likeliest;
  size_t offset = 0, characters = 0;  // where its text begins in the answer: in bytes, and in characters
};

class ChoiceText {
 public:
  // `kept`: special tokens that are shown all the same. `facts`: whether the tokens' facts are told.
  ChoiceText(const Tokenizer& tokenizer, std::vector<std::string> stops, std::vector<int32_t> kept, bool facts);

  struct Piece {
    std::string text;
    std::vector<TokenFacts> tokens;
    bool empty() const { return text.empty() && tokens.empty(); }
  };
  Piece push(const TokenEvent& event);
  Piece finish();
  bool stopped() const { return stops_.stopped(); }  // by a stop string

 private:
  Piece told(std::string text, bool all);

  Tokenizer tokenizer_;
  StreamingDecoder decoder_;
  StopStrings stops_;
  const std::vector<int32_t> kept_;
  const bool facts_;
  size_t decoded_ = 0, shown_ = 0;  // bytes of text
  size_t characters_ = 0;           // that were decoded
  std::deque<TokenFacts> waiting_;  // whose text is held back
};

size_t count_characters(std::string_view text);  // of UTF-8

// A token as the APIs print it: its text as valid UTF-8, and its bytes.
std::string token_text(const Tokenizer& tokenizer, int32_t token);
Json token_bytes_json(const Tokenizer& tokenizer, int32_t token);

}  // namespace persea
