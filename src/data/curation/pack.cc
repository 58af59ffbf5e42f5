#include "data/curation/pack.h"

#include <algorithm>
#include <set>

#include "data/corpus.h"
#include "data/curation/decision_log.h"
#include "data/curation/mixture.h"

namespace persea::curation {
namespace {

class Packer {
 public:
  Packer(const Recipe& recipe, const Plan& plan, const Documents& documents, const Duplicates& duplicates,
         StageContext& context, const std::function<void(int64_t)>& progress)
      : recipe_(recipe),
        plan_(plan),
        documents_(documents),
        duplicates_(duplicates),
        context_(context),
        progress_(progress),
        tallies_(recipe.sources.size()) {}

  Status pack() {
    mix();
    PERSEA_CHECK(write_decisions());
    PERSEA_CHECK(write_corpus());
    return write_funnel();
  }

 private:
  const PlannedFile& file_of(size_t i) const { return plan_.files[documents_.entry(i).file]; }
  // The side goes by the first document of the group, but for one group that is moved.
  bool valid(size_t i) const {
    const uint32_t group = duplicates_.group_of(static_cast<uint32_t>(i));
    if (group == moved_) return moved_is_valid_;
    return for_validation(documents_.entry(group).id, recipe_.split.valid_fraction);
  }
  void mix();
  void keep_both_sides();
  void draw_once(uint32_t group);
  Status write_decisions();
  Status write_corpus();
  Status write_funnel();
  Error nothing_left() const;
  std::string line_of_copy(size_t i) const;
  Json head(size_t i, std::string_view step) const;

  const Recipe& recipe_;
  const Plan& plan_;
  const Documents& documents_;
  const Duplicates& duplicates_;
  StageContext& context_;
  const std::function<void(int64_t)>& progress_;
  std::vector<Tally> tallies_;
  Mixture mixture_;
  std::vector<bool> drawn_;  // documents that the mixture has
  uint32_t moved_ = UINT32_MAX;
  bool moved_is_valid_ = false;
};

void Packer::mix() {
  const size_t count = documents_.size();
  std::vector<bool> alive(count), once(count);
  for (size_t i = 0; i < count; ++i) {
    alive[i] = duplicates_.fates[i] == Fate::lives;
    once[i] = valid(i);
  }
  mixture_ = make_mixture(recipe_, plan_, documents_, alive, once);
  drawn_.assign(count, false);
  for (const uint32_t number : mixture_.order) drawn_[number] = true;
  keep_both_sides();
}

// At least one group of the mixture lies on each side, where it has two: CorpusWriter would see to that with a single
// document, and part it from those of its group.
void Packer::keep_both_sides() {
  size_t validation = 0;
  for (const uint32_t number : mixture_.order) validation += valid(number) ? 1 : 0;
  if (mixture_.order.empty() || (validation > 0 && validation < mixture_.order.size())) return;
  const auto by_place = [&](uint32_t a, uint32_t b) {
    return split_place(documents_.entry(a).id) < split_place(documents_.entry(b).id);
  };
  const auto one = validation == 0 ? std::min_element(mixture_.order.begin(), mixture_.order.end(), by_place)
                                   : std::max_element(mixture_.order.begin(), mixture_.order.end(), by_place);
  const uint32_t group = duplicates_.group_of(*one);
  const auto in_group = [&](uint32_t number) { return duplicates_.group_of(number) == group; };
  if (std::all_of(mixture_.order.begin(), mixture_.order.end(), in_group)) return;
  moved_ = group;
  moved_is_valid_ = validation == 0;
  if (moved_is_valid_) draw_once(group);
}

// What is for validation comes one time, whatever its source's share.
void Packer::draw_once(uint32_t group) {
  std::set<uint32_t> seen;
  std::erase_if(mixture_.order, [&](uint32_t number) {
    if (duplicates_.group_of(number) != group || seen.insert(number).second) return false;
    Share& share = mixture_.shares[file_of(number).source];
    --share.mixed_documents;
    share.mixed_bytes -= documents_.entry(number).text_bytes;
    return true;
  });
}

Json Packer::head(size_t i, std::string_view step) const {
  const PlannedFile& file = file_of(i);
  const Origin origin{recipe_.sources[file.source].name, file.name, documents_.place(i)};
  return decision_head(origin, documents_.entry(i).read_id, step, "drop");
}

std::string Packer::line_of_copy(size_t i) const {
  const size_t first = duplicates_.first[i];
  const bool exact = duplicates_.fates[i] == Fate::exact;
  Json line = head(i, exact ? "exact" : "minhash");
  const Excerpt excerpt = excerpt_of(documents_.text(i), {0, 0});
  line["reason"] = exact ? "duplicate" : "near duplicate";
  line["bytes"] = documents_.entry(i).text_bytes;
  line["excerpt"] = excerpt.text;
  line["mark"] = {0, 0};
  const PlannedFile& file = file_of(first);
  line["of"] = {{"source", recipe_.sources[file.source].name},
                {"file", file.name},
                {"place", documents_.place(first)},
                {"id", to_hex(documents_.entry(first).read_id)}};
  return canonical_json(line) + '\n';
}

Status Packer::write_decisions() {
  PERSEA_TRY(FileWriter out, FileWriter::create(context_.out() / "decisions.jsonl"));
  for (size_t p = 0; p < documents_.parts(); ++p) {
    const PartReader& part = documents_.part(p);
    PERSEA_CHECK(out.write(part.log()));
    for (size_t s = 0; s < tallies_.size(); ++s) tallies_[s].add(part.tallies()[s]);
    for (size_t i = documents_.first_of(p); i < documents_.first_of(p + 1); ++i) {
      Tally& tally = tallies_[file_of(i).source];
      const int64_t bytes = documents_.entry(i).text_bytes;
      if (duplicates_.fates[i] == Fate::judged) continue;
      if (duplicates_.fates[i] != Fate::lives) {
        const bool exact = duplicates_.fates[i] == Fate::exact;
        tally.dropped[exact ? "exact" : "minhash"][exact ? "duplicate" : "near duplicate"].add(bytes);
        PERSEA_CHECK(out.write(line_of_copy(i)));
      } else if (!drawn_[i]) {
        tally.dropped["mix"]["not drawn"].add(bytes);
        Json line = head(i, "mix");
        line["reason"] = "not drawn";
        line["bytes"] = bytes;
        PERSEA_CHECK(out.write(canonical_json(line) + '\n'));
      } else {
        tally.kept.add(bytes);
        count_length(tally.kept_lengths, bytes);
      }
    }
    documents_.release();  // all: copies lead to documents of any part
  }
  return out.finish();
}

Status Packer::write_corpus() {
  PERSEA_TRY(CorpusWriter corpus, CorpusWriter::create(context_.out(), false));
  PERSEA_TRY(FileWriter places, FileWriter::create(context_.out() / "places.txt"));
  for (const PlannedFile& file : plan_.files) {
    const Source& source = recipe_.sources[file.source];
    PERSEA_CHECK(corpus.add_source(
        file.name, {{"source", source.name}, {"licence", source.licence}, {"consent", source.consent}}));
  }
  constexpr int64_t kReleased = 64 << 20;  // so many bytes are read before memory is given back
  int64_t bytes = 0, told = 0;
  for (const uint32_t number : mixture_.order) {
    const PartEntry& entry = documents_.entry(number);
    PERSEA_CHECK(corpus.add_placed(documents_.text(number), entry.id, entry.file, valid(number)));
    PERSEA_CHECK(places.write(documents_.place(number)));
    PERSEA_CHECK(places.write("\n"));
    bytes += entry.text_bytes;
    if (bytes - told < kReleased) continue;
    told = bytes;
    documents_.release();
    if (progress_) progress_(bytes);
  }
  if (corpus.documents() == 0) return nothing_left();
  PERSEA_CHECK(places.finish());
  context_.add_bytes(bytes);
  return corpus.finish({SplitBy::placed, recipe_.split.valid_fraction});
}

// Names the reason that took most.
Error Packer::nothing_left() const {
  Tally all;
  for (const Tally& tally : tallies_) all.add(tally);
  std::string most = "no file holds text";
  int64_t documents = 0;
  for (const auto& [step, reasons] : all.dropped) {
    for (const auto& [reason, count] : reasons) {
      if (count.documents <= documents) continue;
      documents = count.documents;
      most = fmt::format("{} dropped {} for {}", step, documents, reason);
    }
  }
  return fail("{}: nothing is left of {} documents: {}: change the recipe's sources or limits", recipe_.where,
              all.read.documents, most);
}

Status Packer::write_funnel() {
  Tally all;
  Json sources = Json::array(), left_out = Json::array();
  for (size_t s = 0; s < tallies_.size(); ++s) {
    const Source& source = recipe_.sources[s];
    const Share& share = mixture_.shares[s];
    all.add(tallies_[s]);
    sources.push_back({{"name", source.name},
                       {"licence", source.licence},
                       {"consent", source.consent},
                       {"weight", source.weight},
                       {"counts", tallies_[s].json()},
                       {"copies", share.wanted},
                       {"mixed", {{"documents", share.mixed_documents}, {"bytes", share.mixed_bytes}}}});
  }
  for (const LeftOut& source : plan_.left_out) left_out.push_back({{"name", source.source}, {"reason", source.reason}});
  const Json funnel = {{"sources", sources}, {"left_out", left_out}, {"all", all.json()}};
  context_.fact("read", funnel["all"]["read"]);
  context_.fact("kept", funnel["all"]["kept"]);
  context_.fact("skipped", all.skipped);
  return write_file(context_.out() / "funnel.json", funnel.dump(1) + "\n");
}

}  // namespace

Status pack(const Recipe& recipe, const Plan& plan, const Documents& documents, const Duplicates& duplicates,
            StageContext& context, const std::function<void(int64_t bytes)>& progress) {
  return Packer(recipe, plan, documents, duplicates, context, progress).pack();
}

}  // namespace persea::curation
