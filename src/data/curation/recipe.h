// What `persea curate` is asked to do: a TOML file of sources, steps and a mixture. It is read and checked here, with
// the line of what is wrong; nothing is opened. docs/formats/curation.md describes every key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/result.h"
#include "curate/settings.h"

namespace persea::curation {

// Each section is a list of fields, as the rule packs' settings are (curate/settings.h).
struct Source {
  static constexpr bool kZeroIsOff = false;
  std::string name, path;  // a file, or a folder with all that is in it
  std::string licence;
  bool consent = false;   // whether those who wrote it agreed to its use for training
  bool titles = true;     // a document's title stands before its text
  double weight = 1;      // of this source in the mixture, beside the others'
  double epochs = 1;      // how often a document may come at most
  int64_t max_bytes = 0;  // of kept documents; 0: all
  int64_t max_documents = 0;

  template <class Visit>
  void fields(Visit visit) {
    visit("name", name);
    visit("path", path);
    visit("licence", licence);
    visit("consent", consent);
    visit("titles", titles);
    visit("weight", weight);
    visit("epochs", epochs);
    visit("max_bytes", max_bytes);
    visit("max_documents", max_documents);
  }
};

struct Read {
  static constexpr bool kZeroIsOff = false;
  int64_t document_bytes = 2 << 20;  // a longer document is cut, at a paragraph where there is one
  int64_t item_bytes = 1 << 26;      // a longer line, page, member or message is left out
  bool keep_quotes = false;          // what mail quotes of other mail stays

  template <class Visit>
  void fields(Visit visit) {
    visit("document_bytes", document_bytes);
    visit("item_bytes", item_bytes);
    visit("keep_quotes", keep_quotes);
  }
};

// What every source has to have, else it is left out.
struct Require {
  static constexpr bool kZeroIsOff = false;
  bool consent = false;
  std::vector<std::string> licences;  // one of these; empty: any

  template <class Visit>
  void fields(Visit visit) {
    visit("consent", consent);
    visit("licences", licences);
  }
};

struct Pii {
  static constexpr bool kZeroIsOff = false;
  std::string action = "mask";  // or "drop": the document
  std::vector<std::string> kinds = {"email", "ip", "phone", "iban", "card", "secret"};
  bool public_ips = true;

  template <class Visit>
  void fields(Visit visit) {
    visit("action", action);
    visit("kinds", kinds);
    visit("public_ips", public_ips);
  }
};

struct Dedup {
  static constexpr bool kZeroIsOff = false;
  bool exact = true;
  Json minhash;               // a published set's name or settings (curate/minhash.h), read apart; null: no MinHash
  std::string near = "drop";  // or "keep": near duplicates stay, on one side of the split
  int64_t span_tokens = 0;    // repeated spans of so many tokens are cut; 0: none
  std::string span_keep = "first";
  bool altered = false;  // copies with other numbers or names are listed for people

  template <class Visit>
  void fields(Visit visit) {
    visit("exact", exact);
    visit("near", near);
    visit("span_tokens", span_tokens);
    visit("span_keep", span_keep);
    visit("altered", altered);
  }
};

struct Mix {
  static constexpr bool kZeroIsOff = false;
  double temperature = 1;        // shares are sizes to the power of 1 / temperature, times the weights
  int64_t bytes = 0;             // of the whole; 0: as much as the rarest source gives for its share
  std::string order = "source";  // "shuffled", "short-first", "best-first" (by quality), "best-last"
  int64_t seed = 1;

  template <class Visit>
  void fields(Visit visit) {
    visit("temperature", temperature);
    visit("bytes", bytes);
    visit("order", order);
    visit("seed", seed);
  }
};

struct Split {
  static constexpr bool kZeroIsOff = false;
  double valid_fraction = 0.01;  // of the documents, by a hash of what each belongs to

  template <class Visit>
  void fields(Visit visit) {
    visit("valid_fraction", valid_fraction);
  }
};

// A step that judges each text by itself, in the order of the recipe.
struct StepRecipe {
  std::string name;                         // "rules", "language", "quality", "perplexity", "decontaminate"
  Json settings;                            // as they stand in the recipe; checked where the step is made
  std::string where;                        // "recipe.toml:12", for messages
  std::vector<std::string> lab_texts = {};  // folders of the lab's tests, which "decontaminate" looks for too
};

struct Recipe {
  std::string where;  // the file's name, for messages
  fs::path folder;    // that relative paths are taken from
  std::vector<Source> sources;
  Read read;
  Require require;
  std::vector<StepRecipe> steps;
  bool has_pii = false;
  Pii pii;
  Dedup dedup;
  Mix mix;
  Split split;

  // Relative paths are taken from `folder`.
  static Result<Recipe> parse(std::string_view text, std::string_view where, const fs::path& folder);
  static Result<Recipe> load(const fs::path& path);

  // All of it but the sources' paths, for the stage's key.
  Json settings() const;
};

}  // namespace persea::curation
