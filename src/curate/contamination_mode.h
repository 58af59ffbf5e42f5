// One way of finding evaluation items in texts: what ContaminationIndex hands everything to. Each mode is a file
// contamination_NAME.cc with its settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "curate/contamination.h"

namespace persea::curate {

class ContaminationMode {
 public:
  virtual ~ContaminationMode() = default;
  virtual std::string_view name() const = 0;
  virtual int version() const = 0;
  virtual Json settings() const = 0;
  virtual size_t bytes() const = 0;
  virtual std::string_view untellable(uint32_t item) const = 0;
  virtual void find(std::string_view text, ContaminationScratch& scratch,
                    std::vector<ContaminationHit>& hits) const = 0;
  // `decision` is as new.
  virtual void judge(std::string_view text, ContaminationScratch& scratch, Decision& decision) const = 0;
  virtual void hash(Sha256& digest) const = 0;  // of everything that decides what is found, beside name and settings

  virtual size_t counters() const { return 0; }  // 0: nothing has to be counted first
  virtual void count(std::string_view, ContaminationScratch&, ContaminationCounts&) const {}
  virtual void leave_out_common(const ContaminationCounts&) {}

  size_t items = 0;
};

using ContaminationItems = std::vector<EvaluationItem>;
Result<std::unique_ptr<ContaminationMode>> make_aligned_mode(const ContaminationItems& items, const Json& settings);
Result<std::unique_ptr<ContaminationMode>> make_lm_eval_mode(const ContaminationItems& items, const Json& settings);
Result<std::unique_ptr<ContaminationMode>> make_nemo_mode(const ContaminationItems& items, const Json& settings);
Result<std::unique_ptr<ContaminationMode>> make_datatrove_mode(const ContaminationItems& items, const Json& settings);

// Fails where `action` is neither "drop" nor "cut".
Status check_contamination_action(std::string_view mode, const std::string& action);

inline constexpr std::string_view kContamination = "contamination";

// Takes the places (in order, they may overlap) out of the text, `chars` characters more on each side, further up to
// the end of a sentence if so asked, and with them the pieces between that have at most `min_piece` characters. Drops
// the text where nothing is left, or more than `max_pieces` pieces (0: any number).
struct ContaminationCut {
  int64_t chars = 0;
  int64_t min_piece = 0;
  int64_t max_pieces = 0;
  bool to_sentence_end = false;
  bool in_turn = false;  // what is cut is not searched again: a place that begins there does not count
};
void cut_contamination(std::string_view text, const std::vector<Place>& places, const ContaminationCut& how,
                       Decision& decision);

void add_bytes(Sha256& digest, const void* data, size_t bytes);
template <class T>
void add_vector(Sha256& digest, const std::vector<T>& values) {
  const uint64_t count = values.size();
  add_bytes(digest, &count, sizeof count);
  add_bytes(digest, values.data(), values.size() * sizeof(T));
}

}  // namespace persea::curate
