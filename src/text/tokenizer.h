// The tokenizer: BPE over any bytes, of bytes or in SentencePiece's manner of characters, with added (special) tokens
// beside it. It reads and writes Hugging Face's tokenizer.json and gives the ids that their `tokenizers` library gives;
// decoding gives back the very bytes. It refuses vocabularies of other kinds (WordPiece, Unigram) by name. It knows no
// chat and no model.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/result.h"
#include "text/sentence_pieces.h"
#include "text/split.h"

namespace persea {

// A token that is no product of merges: it is looked for in the raw text.
struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool special = true;      // a control token, which decoding can leave out
  bool lstrip = false;      // takes the white space before it along
  bool rstrip = false;      // ... and behind it
  bool normalized = false;  // is looked for after normalization, behind all others
};

// Everything a tokenizer is made of; what tokenizer.json holds.
struct TokenizerParts {
  Split split;
  bool nfc = false;                 // the text is brought to normalization form C first
  bool ignore_merges = false;       // a word that is a token is that token, whatever the merges say (Llama 3)
  std::vector<std::string> tokens;  // the bytes of each id; "" where the id is unused or only an added token
  std::vector<std::pair<int32_t, int32_t>> merges;  // in the order of their ranks
  std::optional<SentencePieces> pieces = {};        // of a vocabulary of characters; then `split` means nothing
  std::vector<AddedToken> added;
  Json post_processor;  // kept for other programs, which add a model's first and last token by it; encode() does not
};

class Tokenizer {
 public:
  // Checks the parts: every byte has a token (of `pieces`, one of its own), merges name and make tokens, added tokens
  // contradict nothing. `where` stands in the message.
  static Result<Tokenizer> create(TokenizerParts parts, std::string_view where);
  // tokenizer.json, as a file and as text.
  static Result<Tokenizer> load(const fs::path& path);
  static Result<Tokenizer> parse(std::string_view json, std::string_view where);
  static Result<Tokenizer> from_json(const Json& document, std::string_view where);
  // GPT-2's older pair of files, vocab.json and merges.txt, as their content; <|endoftext|> is its special token.
  static Result<Tokenizer> parse_gpt2(std::string_view vocab_json, std::string_view merges_txt, std::string_view where);

  std::string to_json() const;  // the content of tokenizer.json
  Status save(const fs::path& path) const;

  int vocab_size() const;  // the highest id, added tokens included, + 1
  const TokenizerParts& parts() const;

  // Appends the ids of `text`. Any bytes will do. encode() takes the names of added tokens for common text, which is
  // what text of strangers needs; encode_with_specials() takes them for the tokens. Safe to call from several threads.
  void encode(std::string_view text, std::vector<int32_t>& out) const;
  void encode_with_specials(std::string_view text, std::vector<int32_t>& out) const;
  // As encode_with_specials(); each `mark` in the text is taken out of it, but keeps a token from being found across
  // it.
  void encode_marked(std::string_view text, std::string_view mark, std::vector<int32_t>& out) const;
  std::vector<int32_t> encode(std::string_view text) const;
  std::vector<int32_t> encode_with_specials(std::string_view text) const;

  // The bytes of the ids, which are a whole text: where encoding puts a space before it, that one is left out. An
  // unknown id has none.
  std::string decode(std::span<const int32_t> ids, bool skip_special = false) const;
  // Of an id within a text: what it adds to it.
  std::string_view token_bytes(int32_t id) const;

  // The id of an added token by its content, and whether an id is a special one.
  std::optional<int32_t> special(std::string_view content) const;
  bool is_special(int32_t id) const;

 private:
  struct State;
  explicit Tokenizer(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;  // copies share it
};

}  // namespace persea
