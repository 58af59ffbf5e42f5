#include "data/curation/compare.h"

#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "data/curation/card.h"
#include "data/curation/decisions.h"

namespace persea::curation {
namespace {

// 64 bits of an id stand for it here: of a billion texts, two share them once in 40 times.
uint64_t bits_of(const DocumentId& id) {
  uint64_t value = 0;
  std::memcpy(&value, id.data(), sizeof value);
  return value;
}

uint64_t place_key(std::string_view source, std::string_view file, std::string_view place) {
  return hash64(place, hash64(file, hash64(source)));
}

uint64_t place_key(const DocumentOrigin& origin) { return place_key(origin.source, origin.file, origin.place); }

using Ids = std::unordered_set<uint64_t>;

Ids ids_of(const CorpusLookup& corpus) {
  Ids ids;
  for (int64_t i = 0; i < corpus.reader().documents(); ++i) ids.insert(bits_of(corpus.reader()[i].id));
  return ids;
}

// What is not in `other`, with nothing said of why yet; what is, is counted.
OnlyHere only_here(const CorpusLookup& corpus, const Ids& other, Count& both) {
  OnlyHere only;
  Ids seen;
  for (int64_t i = 0; i < corpus.reader().documents(); ++i) {
    const CorpusReader::Document document = corpus.reader()[i];
    if (!seen.insert(bits_of(document.id)).second) continue;
    const auto bytes = static_cast<int64_t>(document.text.size());
    if (other.count(bits_of(document.id))) {
      both.add(bytes);
    } else {
      only.documents.push_back({i, ""});
      only.all.add(bytes);
    }
  }
  return only;
}

// Asks the other corpus's decisions, and then its documents, for what became of the same place or the same text.
Status say_why(OnlyHere& only, const CorpusLookup& corpus, const fs::path& folder, const CorpusLookup& other) {
  std::unordered_map<uint64_t, size_t> by_place, by_id;
  for (size_t at = 0; at < only.documents.size(); ++at) {
    const int64_t number = only.documents[at].number;
    by_place.emplace(place_key(corpus.origin(number)), at);
    by_id.emplace(bits_of(corpus.reader()[number].id), at);
  }
  const auto document_at = [&](const std::unordered_map<uint64_t, size_t>& map, uint64_t key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &only.documents[found->second];
  };
  std::error_code error;
  const bool decided = fs::exists(folder / "decisions.jsonl", error);
  if (decided) {
    PERSEA_TRY(DecisionReader reader, DecisionReader::open(folder));
    reader.demand_any({says("verdict", "drop"), says("verdict", "skip")});
    DecisionLine line;
    while (true) {
      PERSEA_TRY(const bool more, reader.next(line));
      if (!more) break;
      OnlyHere::Document* document = document_at(by_place, place_key(line.source, line.file, line.place));
      if (document == nullptr && line.id.size() == 32) {
        uint64_t bits = 0;  // the first 8 bytes, as they lie in memory
        for (int byte = 7; byte >= 0; --byte)
          bits = bits << 8 | std::strtoul(line.id.substr(static_cast<size_t>(2 * byte), 2).c_str(), nullptr, 16);
        document = document_at(by_id, bits);
      }
      if (document != nullptr && document->why.empty()) document->why = line.step + ": " + line.reason;
    }
  }
  for (int64_t i = 0; i < other.reader().documents(); ++i) {
    OnlyHere::Document* const document = document_at(by_place, place_key(other.origin(i)));
    if (document != nullptr && document->why.empty()) document->why = "another text of the same place";
  }
  for (OnlyHere::Document& document : only.documents) {
    if (document.why.empty()) document.why = decided ? "not read" : "not there";
    const auto bytes = static_cast<int64_t>(corpus.reader()[document.number].text.size());
    only.by[std::string(corpus.origin(document.number).source)][document.why].add(bytes);
  }
  return {};
}

void add_leaves(const std::string& name, const Json& value, std::map<std::string, Json>& leaves) {
  if (!value.is_object() || value.empty()) {
    leaves[name] = value;
    return;
  }
  for (const auto& item : value.items())
    add_leaves(name.empty() ? item.key() : name + "." + item.key(), item.value(), leaves);
}

}  // namespace

Result<Comparison> compare_corpora(const fs::path& folder_a, const CorpusLookup& a, const fs::path& folder_b,
                                   const CorpusLookup& b) {
  Comparison comparison;
  Count again;  // what both have, from the other side
  comparison.a = only_here(a, ids_of(b), comparison.both);
  comparison.b = only_here(b, ids_of(a), again);
  PERSEA_CHECK(say_why(comparison.a, a, folder_b, b));
  PERSEA_CHECK(say_why(comparison.b, b, folder_a, a));
  return comparison;
}

std::vector<ChangedSetting> changed_settings(const Json& a, const Json& b) {
  std::map<std::string, Json> of_a, of_b;
  add_leaves("", named_settings(a), of_a);
  add_leaves("", named_settings(b), of_b);
  std::vector<ChangedSetting> changed;
  for (const auto& [name, value] : of_a) {
    const auto other = of_b.find(name);
    if (other == of_b.end()) {
      changed.push_back({name, value, nullptr});
    } else if (other->second != value) {
      changed.push_back({name, value, other->second});
    }
  }
  for (const auto& [name, value] : of_b) {
    if (of_a.count(name) == 0) changed.push_back({name, nullptr, value});
  }
  return changed;
}

}  // namespace persea::curation
