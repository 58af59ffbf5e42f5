#include "text/tokenizer.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "text/added_tokens.h"
#include "text/bpe.h"
#include "text/unicode.h"
#include "text/word_cache.h"
#include "text/word_scanner.h"

namespace persea {

struct Tokenizer::State {
  TokenizerParts parts;
  MergeTable merges;
  std::array<int32_t, 256> byte_tokens{};
  std::unordered_map<std::string_view, int32_t> whole_words;  // only where ignore_merges, or of characters
  PieceCut cut = PieceCut::whole;
  std::vector<AddedToken> searched;     // the added tokens as they stand in normalized text
  std::vector<std::string_view> bytes;  // of each id
  std::vector<bool> special;
  std::optional<AddedTokenFinder> raw_finder, normalized_finder;

  // Caches that no thread is using; at most as many are kept as the machine has cores. Who finds them all in use gets a
  // small one that goes again.
  mutable std::mutex mutex;
  mutable std::vector<std::unique_ptr<WordCache>> idle;
  mutable size_t kept = 0;  // in use or not

  // A cache for as long as this lives.
  class Loan {
   public:
    explicit Loan(const State& state) : state_(state) {
      const std::lock_guard lock(state.mutex);
      if (!state.idle.empty()) {
        cache_ = std::move(state.idle.back());
        state.idle.pop_back();
      } else if (state.kept < std::max(1U, std::thread::hardware_concurrency())) {
        cache_ = std::make_unique<WordCache>();
        state.idle.reserve(state.kept + 1);  // so that nothing fails when it comes back
        ++state.kept;
      } else {
        cache_ = std::make_unique<WordCache>(WordCache::kFewSetBits);
      }
    }
    ~Loan() {
      if (cache_->is_small()) return;
      const std::lock_guard lock(state_.mutex);
      state_.idle.push_back(std::move(cache_));
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    WordCache& operator*() const { return *cache_; }

   private:
    const State& state_;
    std::unique_ptr<WordCache> cache_;
  };

  void encode_new_word(std::string_view word, std::vector<int32_t>& out) const {
    if (parts.ignore_merges) {
      if (const auto it = whole_words.find(word); it != whole_words.end()) {
        out.push_back(it->second);
        return;
      }
    }
    if (!parts.pieces) return merge_word(merges, byte_tokens, word, out);
    std::vector<int32_t> tokens;
    for (const char *p = word.data(), *end = p + word.size(); p < end;) {
      const unicode::Decoded c = unicode::decode_utf8(p, end);
      const auto known = whole_words.find(std::string_view(p, c.bytes));
      if (known != whole_words.end()) {
        tokens.push_back(known->second);
      } else {
        for (int i = 0; i < c.bytes; ++i) tokens.push_back(byte_tokens[static_cast<unsigned char>(p[i])]);
      }
      p += c.bytes;
    }
    merge_tokens(merges, tokens, out);
  }
  // The text as it is encoded; `storage` holds it where it is another. `first`: it is where the whole text begins.
  std::string_view normalized(std::string_view text, bool first, std::string& storage) const {
    if (parts.pieces) return storage = with_spaces(*parts.pieces, text, first);
    if (!parts.nfc || std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; })) return text;
    return storage = unicode::nfc(text);
  }
  template <class Scanner>
  void encode_words(const Scanner& scanner, std::string_view text, WordCache& cache, std::vector<int32_t>& out) const;
  void encode_words(std::string_view text, WordCache& cache, std::vector<int32_t>& out) const {
    const char* end = text.data() + text.size();
    if (parts.pieces) return encode_words(PieceScanner(cut, end), text, cache, out);
    encode_words(WordScanner(parts.split, end), text, cache, out);
  }
  void encode_text(std::string_view text, WordCache& cache, std::vector<int32_t>& out) const;
  template <class Gap>
  void cut_at(const AddedTokenFinder& finder, std::string_view text, std::vector<int32_t>& out, Gap&& gap) const;
  void encode_with_specials(std::string_view text, std::string_view mark, WordCache& cache,
                            std::vector<int32_t>& out) const;
};

template <class Scanner>
void Tokenizer::State::encode_words(const Scanner& scanner, std::string_view text, WordCache& cache,
                                    std::vector<int32_t>& out) const {
  if (merges.empty() && !parts.ignore_merges && !parts.pieces) {
    for (const char c : text) out.push_back(byte_tokens[static_cast<unsigned char>(c)]);
    return;
  }
  constexpr size_t kBuffer = 2048;
  std::array<int32_t, kBuffer + WordCache::kInlineTokens> buffer;
  size_t buffered = 0;
  std::vector<int32_t> fresh;
  const char *p = text.data(), *end = p + text.size();
  while (p < end) {
    const char* word_end = scanner.word_end(p);
    const std::string_view word(p, word_end - p);
    const WordKey key = WordKey::of(word, end - p);
    const WordCache::Entry* entry = cache.find(word, key);
    p = word_end;
    if (entry && entry->count <= WordCache::kInlineTokens) {
      // Copies all three and counts those that are: cheaper than a loop.
      std::copy_n(entry->tokens.data(), WordCache::kInlineTokens, buffer.data() + buffered);
      buffered += entry->count;
      if (buffered < kBuffer) continue;
    }
    out.insert(out.end(), buffer.data(), buffer.data() + buffered);
    buffered = 0;
    if (!entry) {
      fresh.clear();
      encode_new_word(word, fresh);
      cache.insert(word, key, fresh);
      out.insert(out.end(), fresh.begin(), fresh.end());
    } else if (entry->count > WordCache::kInlineTokens) {
      const auto tokens = cache.tokens(*entry);
      out.insert(out.end(), tokens.begin(), tokens.end());
    }
  }
  out.insert(out.end(), buffer.data(), buffer.data() + buffered);
}

void Tokenizer::State::encode_text(std::string_view text, WordCache& cache, std::vector<int32_t>& out) const {
  std::string composed;
  encode_words(normalized(text, true, composed), cache, out);
}

// Puts the ids of the tokens found, and calls gap(text, out) for what lies between them.
template <class Gap>
void Tokenizer::State::cut_at(const AddedTokenFinder& finder, std::string_view text, std::vector<int32_t>& out,
                              Gap&& gap) const {
  size_t from = 0;
  while (const auto match = finder.find(text, from)) {
    if (match->begin > from) gap(text.substr(from, match->begin - from));
    out.push_back(match->token->id);
    from = match->end;
  }
  if (from < text.size()) gap(text.substr(from));
}

void Tokenizer::State::encode_with_specials(std::string_view text, std::string_view mark, WordCache& cache,
                                            std::vector<int32_t>& out) const {
  cut_at(*raw_finder, text, out, [&](std::string_view piece) {
    std::string composed;
    const bool first = piece.data() == text.data();
    cut_at(*normalized_finder, normalized(piece, first, composed), out, [&](std::string_view words) {
      if (mark.empty() || words.find(mark) == words.npos) return encode_words(words, cache, out);
      std::string unmarked;
      for (size_t at = 0; at < words.size();) {
        const size_t end = std::min(words.find(mark, at), words.size());
        unmarked.append(words, at, end - at);
        at = end + mark.size();
      }
      parts.pieces ? encode_words(unmarked, cache, out) : encode_text(unmarked, cache, out);
    });
  });
}

Result<Tokenizer> Tokenizer::create(TokenizerParts parts, std::string_view where) {
  constexpr size_t kMostTokens = size_t{1} << 26;
  auto state = std::make_shared<State>();
  state->parts = std::move(parts);
  TokenizerParts& own = state->parts;
  if (own.tokens.size() > kMostTokens) return fail("{}: more than {} tokens", where, kMostTokens);

  // Added tokens are named by their content and are reached by no merge, also where the vocabulary lists them.
  std::vector<const AddedToken*> added_at(own.tokens.size(), nullptr);
  std::unordered_map<std::string_view, int32_t> added_ids;
  for (const AddedToken& token : own.added) {
    if (token.content.empty()) return fail("{}: the added token with id {} has no content", where, token.id);
    if (token.id < 0 || static_cast<size_t>(token.id) >= kMostTokens)
      return fail("{}: the added token {} has the id {}", where, canonical_json(token.content), token.id);
    if (static_cast<size_t>(token.id) >= added_at.size()) added_at.resize(token.id + 1, nullptr);
    if (added_at[token.id])
      return fail("{}: the added tokens {} and {} share the id {}", where, canonical_json(added_at[token.id]->content),
                  canonical_json(token.content), token.id);
    if (!added_ids.emplace(token.content, token.id).second)
      return fail("{}: the added token {} is listed twice", where, canonical_json(token.content));
    added_at[token.id] = &token;
  }
  const size_t count = std::max(own.tokens.size(), added_at.size());
  own.tokens.resize(count);
  state->special.resize(count);
  state->bytes.assign(own.tokens.begin(), own.tokens.end());
  for (const AddedToken& token : own.added) {
    state->bytes[token.id] = token.content;
    state->special[token.id] = token.special;
  }

  std::vector<bool> of_byte(count);  // tokens of `pieces` that are written for want of another: no character is one
  if (own.pieces) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const int32_t id = own.pieces->bytes[byte];
      if (id < 0 || static_cast<size_t>(id) >= count || of_byte[id] || added_at[id])
        return fail("{}: the vocabulary has no token {} of its own", where,
                    byte_piece(static_cast<unsigned char>(byte)));
      own.tokens[id] = static_cast<char>(byte);
      state->bytes[id] = own.tokens[id];
      of_byte[id] = true;
    }
    state->byte_tokens = own.pieces->bytes;
  }
  std::unordered_map<std::string_view, int32_t> ids;
  for (size_t id = 0; id < count; ++id) {
    if (own.tokens[id].empty() || of_byte[id]) continue;
    const auto [it, fresh] = ids.emplace(own.tokens[id], static_cast<int32_t>(id));
    if (!fresh) return fail("{}: the tokens {} and {} are the same bytes", where, it->second, id);
  }
  for (int byte = 0; byte < (own.pieces ? 0 : 256); ++byte) {
    const char c = static_cast<char>(byte);
    const auto it = ids.find(std::string_view(&c, 1));
    if (it == ids.end())
      return fail("{}: the vocabulary has no token for the byte 0x{:02x}; only complete byte-level ones are supported",
                  where, byte);
    state->byte_tokens[byte] = it->second;
  }
  if (own.pieces && !own.ignore_merges) state->cut = own.pieces->apart ? PieceCut::each : PieceCut::runs;
  state->merges = MergeTable(own.merges.size());
  std::string merged;
  for (size_t rank = 0; rank < own.merges.size(); ++rank) {
    const auto [left, right] = own.merges[rank];
    if (left < 0 || right < 0 || std::max<size_t>(left, right) >= count)
      return fail("{}: merge {} names a token that is not there", where, rank);
    merged = own.tokens[left] + own.tokens[right];
    const auto it = ids.find(merged);
    if (own.tokens[left].empty() || own.tokens[right].empty() || it == ids.end())
      return fail("{}: merge {} makes a token that is not in the vocabulary", where, rank);
    const bool shared = own.pieces && rank < own.pieces->ranks.size();
    state->merges.insert(left, right, shared ? own.pieces->ranks[rank] : static_cast<uint32_t>(rank), it->second);
    if (state->cut == PieceCut::runs && merged.find(' ', merged.find_first_not_of(' ')) != merged.npos)
      state->cut = PieceCut::whole;
  }
  if (own.ignore_merges || own.pieces) state->whole_words = std::move(ids);
  state->searched = own.added;
  for (AddedToken& token : state->searched) {
    // Where the space comes with normalization, it comes before such a token's name too.
    if (own.pieces && token.normalized)
      token.content = own.pieces->doubled ? with_spaces(*own.pieces, token.content, true) : piece_bytes(token.content);
  }
  state->raw_finder.emplace(state->searched, false);
  state->normalized_finder.emplace(state->searched, true);
  return Tokenizer(std::move(state));
}

int Tokenizer::vocab_size() const { return static_cast<int>(state_->bytes.size()); }
const TokenizerParts& Tokenizer::parts() const { return state_->parts; }

void Tokenizer::encode(std::string_view text, std::vector<int32_t>& out) const {
  const State::Loan cache(*state_);
  state_->encode_text(text, *cache, out);
}
void Tokenizer::encode_with_specials(std::string_view text, std::vector<int32_t>& out) const {
  const State::Loan cache(*state_);
  state_->encode_with_specials(text, {}, *cache, out);
}
void Tokenizer::encode_marked(std::string_view text, std::string_view mark, std::vector<int32_t>& out) const {
  const State::Loan cache(*state_);
  state_->encode_with_specials(text, mark, *cache, out);
}
std::vector<int32_t> Tokenizer::encode(std::string_view text) const {
  std::vector<int32_t> ids;
  encode(text, ids);
  return ids;
}
std::vector<int32_t> Tokenizer::encode_with_specials(std::string_view text) const {
  std::vector<int32_t> ids;
  encode_with_specials(text, ids);
  return ids;
}

std::string_view Tokenizer::token_bytes(int32_t id) const {
  if (id < 0 || id >= vocab_size()) return {};
  return state_->bytes[id];
}
std::string Tokenizer::decode(std::span<const int32_t> ids, bool skip_special) const {
  std::string out;
  for (const int32_t id : ids) {
    if (!skip_special || !is_special(id)) out += token_bytes(id);
  }
  const auto& pieces = state_->parts.pieces;
  if (pieces && pieces->space != SentencePieces::Space::nowhere && out.starts_with(' ')) out.erase(0, 1);
  return out;
}
std::optional<int32_t> Tokenizer::special(std::string_view content) const {
  for (const AddedToken& token : state_->parts.added) {
    if (token.content == content) return token.id;
  }
  return std::nullopt;
}
bool Tokenizer::is_special(int32_t id) const { return id >= 0 && id < vocab_size() && state_->special[id]; }

}  // namespace persea
