// A corpus by what people know of a document: its id, or the file and place that it came from. It finds; it does not
// say why something is not there (decisions.h does).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/corpus.h"

namespace persea::curation {

// A line of sources.jsonl: a file of a source, and what is said of it.
struct CorpusSource {
  std::string source, file, licence;  // a corpus that was not curated names no source: its files are their own
  bool consent = false;
};

// Where a document comes from.
struct DocumentOrigin {
  std::string_view source, file, place, licence;
  bool consent = false;
};

class CorpusLookup {
 public:
  static Result<CorpusLookup> open(const fs::path& folder);

  const CorpusReader& reader() const { return reader_; }
  const std::vector<CorpusSource>& sources() const { return sources_; }
  DocumentOrigin origin(int64_t i) const;

  // Numbers of the documents whose id begins with these hex digits.
  std::vector<int64_t> by_id(std::string_view digits) const;
  // Of those that came from here. `place` nullptr: from anywhere in the file. `source` empty: of any source.
  std::vector<int64_t> by_place(std::string_view source, std::string_view file, const std::string_view* place) const;

 private:
  explicit CorpusLookup(CorpusReader reader) : reader_(std::move(reader)) {}
  CorpusReader reader_;
  std::vector<CorpusSource> sources_;
  MappedFile places_file_;
  std::vector<std::string_view> places_;  // one a document, or none at all
};

// Reads sources.jsonl.
Result<std::vector<CorpusSource>> read_corpus_sources(const fs::path& folder);

// Whether it is hex digits that an id may begin with: 4 to 32 of them.
bool could_begin_id(std::string_view digits);

}  // namespace persea::curation
