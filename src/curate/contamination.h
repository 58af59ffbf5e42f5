// Whether a text holds texts that models are tested with. An index of evaluation items finds them in any text, in one
// of several modes: `aligned`, our own, finds copies that were altered in white space, case, punctuation and some of
// their words; the others follow published rules (docs/contamination.md). A pure function of the index and the text:
// where items and texts come from is known elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "curate/decision.h"
#include "curate/ngram_index.h"
#include "curate/plain_words.h"
#include "curate/words.h"

namespace persea::curate {

// One question of a test, as far as it has these parts. What is not said is empty.
struct EvaluationItem {
  std::string id, task;
  std::string context;               // what the question is about and many other places may quote: a passage
  std::string question;              // or the beginning of a sentence, a prompt, a whole text
  std::vector<std::string> choices;  // of them one is right
  std::string answer;                // the right one, or a solution
};

struct ContaminationHit {
  uint32_t item = 0;  // its number in the list that the index was built of
  Place place;        // of the text
  double score = 0;   // aligned: the share of the item that stands there; else 1
  int bits = 0;       // aligned: what the item says in all: the fewer, the more of it has to stand there
  int missing = 0;    // aligned: how many of its words do not
};

// How often parts of items were met in texts, for the modes that do not count what is common. Sums of counts, in any
// order, are the counts of all texts.
using ContaminationCounts = std::vector<uint32_t>;

// What finding keeps from text to text. One for each thread; any index may use it.
struct ContaminationScratch {
  struct Looked {  // where a form of an item was last looked for
    uint32_t form = UINT32_MAX;
    int64_t shift = 0;
    uint32_t until = 0;
  };
  struct Candidate {  // a seed of the index, and the word of the text where it stands
    uint32_t seed, place;
  };
  PlainWords plain;
  std::vector<Candidate> candidates;
  RowHashes row_hashes;
  std::vector<uint64_t> rows, hashes;
  std::vector<Looked> looked;
  std::vector<ContaminationHit> hits, kept;
  std::vector<Place> places;
  std::string text, word;
  std::vector<Word> words;
  std::vector<uint32_t> begins, ends;
  WordSplitter splitter;
  uint64_t unverified = 0;  // places of the last text that were not looked at, since it has too many that look alike

  void shrink();  // gives back the memory of a long text
};

class ContaminationIndex {
 public:
  using Hit = ContaminationHit;
  using Scratch = ContaminationScratch;

  // Modes and their settings, as JSON: those not named have the mode's own or published values. Fails where the mode or
  // a setting is unknown, or a value impossible.
  static const std::vector<std::string>& modes();
  static Result<ContaminationIndex> build(const std::vector<EvaluationItem>& items, const std::string& mode,
                                          const Json& settings);
  ContaminationIndex(ContaminationIndex&&) noexcept;
  ContaminationIndex& operator=(ContaminationIndex&&) noexcept;
  ~ContaminationIndex();

  std::string mode() const;
  Json settings() const;
  int version() const;         // rises when the mode finds other things in any text
  std::string digest() const;  // SHA-256 of the mode, its version and settings, and of what is found
  size_t items() const;
  size_t bytes() const;  // of memory
  // Why this item can never be found: it says too little to be told from other texts. "" where it can.
  std::string_view untellable(uint32_t item) const;

  // The items that `text` (UTF-8, under 4 GiB, else std::logic_error) holds, by their places, to `hits`; what was there
  // goes. Where items overlap, only those that fit best. Safe on many threads, each with a scratch of its own; takes
  // time in proportion to the text whatever it holds.
  void find(std::string_view text, Scratch& scratch, std::vector<Hit>& hits) const;

  // keep, or as the settings say drop or change. The reason is "contamination"; figure and limit are the score and what
  // it had to keep under.
  void judge(std::string_view text, Scratch& scratch, Decision& decision) const;

  // Whether the mode wants a pass over all texts before any is judged, what that counts, and what it leads to: parts
  // that were met too often do not count any more.
  bool counts_first() const;
  ContaminationCounts no_counts() const;
  void count(std::string_view text, Scratch& scratch, ContaminationCounts& counts) const;
  void leave_out_common(const ContaminationCounts& counts);

 private:
  explicit ContaminationIndex(std::unique_ptr<class ContaminationMode> mode);
  std::unique_ptr<ContaminationMode> mode_;
};

}  // namespace persea::curate
