#include "data/curation/history.h"

#include <algorithm>
#include <map>
#include <set>

namespace persea::curation {
namespace {

constexpr size_t kMost = 1000;  // places of a document, or documents of a file, that are taken
constexpr size_t kCopies = 20;

using Key = std::string;
Key key_of(std::string_view source, std::string_view file, std::string_view place) {
  return fmt::format("{}\n{}\n{}", source, file, place);
}

class Search {
 public:
  Search(const fs::path& folder, const CorpusLookup& corpus) : folder_(folder), corpus_(corpus) {}

  Result<History> by_id(std::string_view digits);
  Result<History> by_file(std::string_view file, const std::string_view* place);

 private:
  Occurrence* at(std::string_view source, std::string_view file, std::string_view place);
  void take(const DecisionLine& line);
  void take(int64_t number);
  Status decisions_of_files();  // of the occurrences that are known
  void where_they_are();

  const fs::path& folder_;
  const CorpusLookup& corpus_;
  std::map<Key, size_t> places_;
  History history_;
};

// The occurrence at a place; nullptr where there are too many.
Occurrence* Search::at(std::string_view source, std::string_view file, std::string_view place) {
  const auto [known, fresh] = places_.try_emplace(key_of(source, file, place), history_.found.size());
  if (!fresh) return &history_.found[known->second];
  if (history_.found.size() >= kMost) {
    places_.erase(known);
    history_.more = true;
    return nullptr;
  }
  Occurrence occurrence;
  occurrence.source = source;
  occurrence.file = file;
  occurrence.place = place;
  for (const CorpusSource& one : corpus_.sources()) {
    if (one.source != source || one.file != file) continue;
    occurrence.licence = one.licence;
    occurrence.consent = one.consent;
  }
  history_.found.push_back(std::move(occurrence));
  return &history_.found.back();
}

void Search::take(const DecisionLine& line) {
  Occurrence* const occurrence = at(line.source, line.file, line.place);
  if (occurrence == nullptr) return;
  occurrence->read_id = line.id;
  occurrence->decisions.push_back(line);
}

void Search::take(int64_t number) {
  const DocumentOrigin origin = corpus_.origin(number);
  (void)at(origin.source, origin.file, origin.place);
}

Status Search::decisions_of_files() {
  std::set<std::string> files;
  for (Occurrence& occurrence : history_.found) {
    files.insert(says("file", occurrence.file));
    occurrence.decisions.clear();
  }
  PERSEA_TRY(DecisionReader reader, DecisionReader::open(folder_));
  reader.demand_any({files.begin(), files.end()});
  DecisionLine line;
  while (true) {
    PERSEA_TRY(const bool more, reader.next(line));
    if (!more) return {};
    if (places_.count(key_of(line.source, line.file, line.place))) take(line);
  }
}

void Search::where_they_are() {
  for (int64_t i = 0; i < corpus_.reader().documents(); ++i) {
    const DocumentOrigin origin = corpus_.origin(i);
    const auto known = places_.find(key_of(origin.source, origin.file, origin.place));
    if (known == places_.end()) continue;
    Occurrence& occurrence = history_.found[known->second];
    occurrence.numbers.push_back(i);
    occurrence.kept_id = to_hex(corpus_.reader()[i].id);
    if (occurrence.decisions.empty()) occurrence.read_id = occurrence.kept_id;  // nothing was changed
  }
}

Result<History> Search::by_id(std::string_view digits) {
  std::set<std::string> texts;  // ids of what was read, or kept, that begin so
  PERSEA_TRY(DecisionReader reader, DecisionReader::open(folder_));
  reader.demand(says_beginning("id", digits));
  DecisionLine line;
  while (true) {
    PERSEA_TRY(const bool more, reader.next(line));
    if (!more) break;
    if (line.id.starts_with(digits)) {
      texts.insert(line.id);
      take(line);
    }
    if (!line.of || !line.of->id.starts_with(digits)) continue;
    if (++history_.copies_in_all <= static_cast<int64_t>(kCopies)) history_.copies.push_back(line);
  }
  for (const int64_t number : corpus_.by_id(digits)) {
    const DocumentOrigin origin = corpus_.origin(number);
    if (places_.count(key_of(origin.source, origin.file, origin.place)) == 0)
      texts.insert(to_hex(corpus_.reader()[number].id));
    take(number);
  }
  if (texts.size() > 1) {
    std::string some;
    for (auto id = texts.begin(); id != texts.end() && some.size() < 150; ++id)
      some += (some.empty() ? "" : ", ") + *id;
    return fail("{}: {} texts have an id that begins so: {}{}: give more digits", digits, texts.size(), some,
                texts.size() > 4 ? ", ..." : "");
  }
  PERSEA_CHECK(decisions_of_files());
  where_they_are();
  return std::move(history_);
}

Result<History> Search::by_file(std::string_view file, const std::string_view* place) {
  PERSEA_TRY(DecisionReader reader, DecisionReader::open(folder_));
  reader.demand(says("file", file));
  DecisionLine line;
  while (true) {
    PERSEA_TRY(const bool more, reader.next(line));
    if (!more) break;
    if (line.file == file && (place == nullptr || line.place == *place)) take(line);
  }
  for (const int64_t number : corpus_.by_place("", file, place)) take(number);
  where_they_are();
  return std::move(history_);
}

}  // namespace

Result<History> find_history(const fs::path& folder, const CorpusLookup& corpus, std::string_view said) {
  if (could_begin_id(said)) {
    PERSEA_TRY(History history, Search(folder, corpus).by_id(said));
    if (!history.found.empty() || history.copies_in_all > 0) return history;
  }
  // A name may hold colons: the longest one that fits is meant.
  std::string_view file;
  for (const CorpusSource& source : corpus.sources()) {
    const std::string_view name = source.file;
    const bool fits = said == name || (said.starts_with(name) && said.substr(name.size()).starts_with(":"));
    if (fits && name.size() > file.size()) file = name;
  }
  if (file.empty()) return History();
  if (said == file) return Search(folder, corpus).by_file(file, nullptr);
  std::string_view place = said.substr(file.size() + 1);
  while (place.starts_with(" ")) place.remove_prefix(1);
  return Search(folder, corpus).by_file(file, &place);
}

}  // namespace persea::curation
