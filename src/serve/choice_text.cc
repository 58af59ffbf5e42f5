#include "serve/choice_text.h"

#include <algorithm>

#include "text/unicode.h"

namespace persea {

ChoiceText::ChoiceText(const Tokenizer& tokenizer, std::vector<std::string> stops, std::vector<int32_t> kept,
                       bool facts)
    : tokenizer_(tokenizer),
      decoder_(tokenizer, false),
      stops_(std::move(stops)),
      kept_(std::move(kept)),
      facts_(facts) {}

ChoiceText::Piece ChoiceText::push(const TokenEvent& event) {
  const bool silent =
      tokenizer_.is_special(event.token) && std::find(kept_.begin(), kept_.end(), event.token) == kept_.end();
  if (facts_) waiting_.push_back({event.token, event.logprob, event.likeliest, decoded_, characters_});
  const std::string text = silent ? std::string() : decoder_.push(event.token);
  decoded_ += text.size();
  if (facts_) characters_ += count_characters(text);
  return told(stops_.feed(text), false);
}

ChoiceText::Piece ChoiceText::finish() {
  if (stops_.stopped()) return {};
  std::string text = stops_.feed(decoder_.finish());
  if (!stops_.stopped()) text += stops_.finish();
  return told(std::move(text), !stops_.stopped());
}

ChoiceText::Piece ChoiceText::told(std::string text, bool all) {
  shown_ += text.size();
  Piece piece{std::move(text), {}};
  // A token is told once all text up to its end is; of the last ones before a stop string those with a part in the
  // text.
  const bool held = shown_ < decoded_;
  while (!waiting_.empty() && (all || !held || waiting_.front().offset < shown_)) {
    if (!all && stops_.stopped() && waiting_.front().offset >= shown_) break;
    piece.tokens.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  if (stops_.stopped()) waiting_.clear();
  return piece;
}

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

std::string token_text(const Tokenizer& tokenizer, int32_t token) {
  return unicode::to_valid_utf8(tokenizer.token_bytes(token));
}

Json token_bytes_json(const Tokenizer& tokenizer, int32_t token) {
  Json bytes = Json::array();
  for (const char c : tokenizer.token_bytes(token)) bytes.push_back(static_cast<unsigned char>(c));
  return bytes;
}

}  // namespace persea
