// Writes and judges texts under JSON Schemas for bench/bars/schema, and measures masks; prints JSON, a line a schema.
//   grammar_bench sample TOKENIZER.json SCHEMAS SEED TOKENS   a text for each schema (one a line): a random model,
//       whose logits are normal with deviation 2, at temperature 1.5; after TOKENS tokens it takes whatever ends
//       soonest
//   grammar_bench accept CASES   for each line {"schema": ..., "texts": [...]} whether the texts match
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/random.h"
#include "text/grammar_matcher.h"
#include "text/json_schema.h"

namespace persea {
namespace {

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) all.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

Result<CompiledGrammar> compiled(std::string_view schema) {
  PERSEA_TRY(const Grammar grammar, grammar_from_json_schema(schema, "schema"));
  return grammar.compile("schema");
}

// A model that knows nothing: every step it draws new logits, of which the sampler sees those that are allowed.
class RandomModel {
 public:
  RandomModel(uint64_t seed, size_t vocab) : random_(seed), normal_(size_t{1} << 16), vocab_(vocab) {
    for (float& one : normal_) one = static_cast<float>(random_.normal());
  }
  int32_t next(std::span<const uint64_t> allowed) {
    constexpr double kDeviation = 2, kTemperature = 1.5;
    const uint64_t shift = random_.next();
    double best = -1e9;
    int32_t token = -1;
    for (size_t id = 0; id < vocab_; ++id) {
      if (!(allowed[id / 64] >> (id % 64) & 1)) continue;
      // Gumbel's trick: the largest of logit / temperature + noise is a sample of the softmax.
      const double logit = normal_[(id * 0x9e3779b1 + shift) & (normal_.size() - 1)] * kDeviation;
      const double score = logit / kTemperature - std::log(-std::log(random_.uniform() + 1e-300));
      if (score > best) best = score, token = static_cast<int32_t>(id);
    }
    return token;
  }

 private:
  Random random_;
  std::vector<float> normal_;
  size_t vocab_;
};

bool within_string(std::string_view text) {
  bool within = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') within = !within;
    if (within && text[i] == '\\') ++i;
  }
  return within;
}

// Of what is allowed, that which ends soonest, as far as one can tell without the grammar: the end, what closes, what
// patterns often wait for (and any character now and then), else what is short and opens nothing.
int32_t soonest(std::span<const uint64_t> allowed, const TokenTrie& vocabulary, int32_t end, std::string_view text,
                Random& random) {
  const bool within = within_string(text), any = within && random.chance(0.25);
  const std::string_view closing = within ? "\"" : "\"]}";
  int32_t best = -1;
  int best_rank = 100, equals = 0;
  for (int32_t id = 0; id <= end; ++id) {
    if (!(allowed[static_cast<size_t>(id) / 64] >> (id % 64) & 1)) continue;
    const std::string_view bytes = vocabulary.bytes(id);
    int rank = bytes.size() == 1 ? 3 : 4;
    if (bytes.find_first_of("[{,\\.eE-") != std::string_view::npos) rank = 5;
    if (bytes.size() == 1 && (any || std::string_view("0123456789!az").find(bytes) != std::string_view::npos)) rank = 2;
    if (bytes.size() == 1 && closing.find(bytes) != std::string_view::npos) rank = 1;
    if (id == end) rank = 0;
    if (rank < best_rank) best_rank = rank, equals = 0;
    if (rank == best_rank && random.below(static_cast<uint64_t>(++equals)) == 0) best = id;
  }
  return best;
}

Status sample(const std::vector<std::string>& arguments) {
  PERSEA_TRY(const Tokenizer tokenizer, Tokenizer::load(arguments[0]));
  PERSEA_TRY(const std::string schemas, read_file(arguments[1]));
  const auto limit = std::stoul(arguments[3]);
  const auto vocabulary = std::make_shared<const TokenTrie>(tokenizer);
  const auto end_token = tokenizer.special("<|endoftext|>");
  if (!end_token) return fail("{}: has no <|endoftext|>", arguments[0]);
  const int32_t end = *end_token;
  RandomModel model(std::stoul(arguments[2]), static_cast<size_t>(tokenizer.vocab_size()));
  std::vector<uint64_t> bits(vocabulary->words());
  Random random(std::stoul(arguments[2]), "endings");
  for (const std::string_view schema : lines(schemas)) {
    Json out;
    const double start = wall_seconds();
    auto grammar = compiled(schema);
    out["compile_seconds"] = wall_seconds() - start;
    if (!grammar) {
      out["error"] = grammar.error().message;
      fmt::print("{}\n", canonical_json(out));
      continue;
    }
    GrammarMatcher matcher(std::make_shared<const GrammarVocabulary>(std::move(*grammar), vocabulary), {end});
    std::string text;
    size_t tokens = 0;
    double masks = 0, slowest = 0;
    bool ended = false;
    for (; !ended && tokens < 50 * limit; ++tokens) {
      const double before = wall_seconds();
      matcher.allowed(bits);
      const double took = wall_seconds() - before;
      masks += took, slowest = std::max(slowest, took);
      const int32_t token = tokens < limit ? model.next(bits) : soonest(bits, *vocabulary, end, text, random);
      if (token < 0 || !matcher.accept(token)) break;
      ended = token == end;
      if (!ended) text += vocabulary->bytes(token);
    }
    // Text that is no UTF-8 has to show as such.
    out["hex"] = fmt::format(
        "{:02x}", fmt::join(std::span(reinterpret_cast<const unsigned char*>(text.data()), text.size()), ""));
    out["finished"] = ended, out["tokens"] = tokens, out["mask_seconds"] = masks, out["slowest_mask"] = slowest;
    fmt::print("{}\n", canonical_json(out));
  }
  return {};
}

Status accept(const fs::path& file) {
  PERSEA_TRY(const std::string cases, read_file(file));
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  std::vector<std::string_view> tokens;
  for (size_t i = 0; i < 256; ++i) tokens.push_back(std::string_view(bytes).substr(i, 1));
  const auto vocabulary = std::make_shared<const TokenTrie>(std::span<const std::string_view>(tokens));
  for (const std::string_view line : lines(cases)) {
    // The order of a schema's keys matters.
    const auto one = nlohmann::ordered_json::parse(line, nullptr, false);
    if (one.is_discarded()) return fail("{}: not JSON", file.string());
    Json out;
    auto grammar = compiled(one.at("schema").dump());
    if (!grammar) {
      out["error"] = grammar.error().message;
    } else {
      const auto shared = std::make_shared<const GrammarVocabulary>(std::move(*grammar), vocabulary);
      for (const auto& text : one.at("texts")) {
        GrammarMatcher matcher(shared, {});
        out["accepted"].push_back(matcher.accept(std::string_view(text.get_ref<const std::string&>())) &&
                                  matcher.complete());
      }
    }
    fmt::print("{}\n", canonical_json(out));
  }
  return {};
}

Status run(const std::vector<std::string>& arguments) {
  if (arguments.size() == 5 && arguments[0] == "sample") return sample({arguments.begin() + 1, arguments.end()});
  if (arguments.size() == 2 && arguments[0] == "accept") return accept(arguments[1]);
  return fail("usage: see the head of bench/grammar_bench.cc");
}

}  // namespace
}  // namespace persea

int main(int argc, char** argv) {
  const persea::Status status = persea::run({argv + 1, argv + argc});
  if (status) return 0;
  fmt::print(stderr, "grammar_bench: {}\n", status.error().message);
  return 1;
}
