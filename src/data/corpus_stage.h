// The stage that makes a corpus: from a file or a folder of text, or from smallworld. It reads, repairs and parts;
// exact duplicates go, and nothing else is judged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/text_source.h"
#include "ledger/lab.h"

namespace persea {

struct CorpusSettings {
  std::string source = "files";  // or "smallworld"
  fs::path path = {};            // files: a file, or a folder with all that is in it
  double valid_fraction = 0.01;
  SourceLimits limits = {};
  bool drop_duplicates = true;  // files: of documents with the same text, the first stays
  int64_t documents = 100000;   // smallworld
  uint64_t seed = 1;            // smallworld
};

// The files of a folder that may hold text, as paths relative to it, sorted; hidden ones and what lies in hidden
// folders left out. Links to folders are not followed; these, and whatever else cannot be read, stand among the files
// with the reason. Of a file: itself. Fails where there is nothing.
struct FoundFile {
  std::string name;
  std::string digest;      // SHA-256 of the content
  std::string unreadable;  // why it cannot be read
  int64_t bytes = 0;
};
Result<std::vector<FoundFile>> find_files(const fs::path& path);
// The same without the digests: nothing is read.
Result<std::vector<FoundFile>> list_files(const fs::path& path);

// Says how many documents and bytes the corpus in context.out() has, on each side.
Status count_parts(StageContext& context);

// Makes the artifact of kind "corpus", or returns the one that is there. Files are known by their names and contents,
// so that a folder may move.
Result<StageResult> run_corpus_stage(Lab& lab, const CorpusSettings& settings, bool quiet = false);

}  // namespace persea
