#include "data/curation/deletion.h"

#include <algorithm>
#include <map>
#include <set>

#include "data/corpus_stage.h"
#include "data/curation/card.h"
#include "data/curation/decisions.h"
#include "data/curation/lookup.h"

namespace persea::curation {
namespace {

constexpr int kVersion = 1;

// Writes the corpus of one stage.
class Deletion {
 public:
  Deletion(const CorpusLookup& old, const Artifact& corpus, const std::string& source, StageContext& context)
      : old_(old), corpus_(corpus), source_(source), context_(context) {}

  Status write(const Json& settings);

 private:
  bool has(const char* name) const {
    std::error_code error;
    return fs::exists(corpus_.file(name), error);
  }
  Status write_texts();
  Status write_decisions();
  Status write_altered();
  Status write_funnel();
  bool speaks_of_it(const Json& pair) const;

  const CorpusLookup& old_;
  const Artifact& corpus_;
  const std::string& source_;
  StageContext& context_;
  Count gone_;
  int64_t lost_copies_ = 0;
};

Status Deletion::write_texts() {
  PERSEA_TRY(CorpusWriter corpus, CorpusWriter::create(context_.out(), old_.reader().markers()));
  PERSEA_TRY(FileWriter places, FileWriter::create(context_.out() / "places.txt"));
  PERSEA_TRY(const std::string lines, read_file(corpus_.file("sources.jsonl")));
  std::vector<uint32_t> number(old_.sources().size(), UINT32_MAX);
  uint32_t next = 0;
  std::string_view rest = lines;
  for (size_t s = 0; s < number.size(); ++s) {  // lookup.h has read as many
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (old_.sources()[s].source == source_) continue;
    PERSEA_TRY(Json said, parse_json(line, corpus_.file("sources.jsonl").string()));
    said.erase("path");
    PERSEA_CHECK(corpus.add_source(old_.sources()[s].file, std::move(said)));
    number[s] = next++;
  }
  for (int64_t i = 0; i < old_.reader().documents(); ++i) {
    const CorpusReader::Document document = old_.reader()[i];
    if (number[document.source] == UINT32_MAX) {
      gone_.add(static_cast<int64_t>(document.text.size()));
      continue;
    }
    PERSEA_CHECK(corpus.add_placed(document.text, document.id, number[document.source], document.valid));
    PERSEA_CHECK(places.write(old_.origin(i).place));
    PERSEA_CHECK(places.write("\n"));
  }
  if (corpus.documents() == 0) return fail("{}: nothing is left without the source {}", corpus_.id, source_);
  context_.add_bytes(corpus.bytes());
  PERSEA_CHECK(places.finish());
  return corpus.finish({.by = SplitBy::placed});
}

Status Deletion::write_decisions() {
  PERSEA_TRY(DecisionReader reader, DecisionReader::open(corpus_.path));
  PERSEA_TRY(FileWriter out, FileWriter::create(context_.out() / "decisions.jsonl"));
  const std::string says_source = says("source", source_);
  std::string_view bytes;
  while (reader.next(bytes)) {
    if (bytes.find(says_source) != bytes.npos) {
      PERSEA_TRY(const DecisionLine line, parse_decision(bytes, fmt::format("{}:{}", reader.where(), reader.number())));
      if (line.source == source_) continue;
      if (line.of && line.of->source == source_) ++lost_copies_;
    }
    PERSEA_CHECK(out.write(bytes));
    PERSEA_CHECK(out.write("\n"));
  }
  return out.finish();
}

// Whether one of the pair's documents is of the source.
bool Deletion::speaks_of_it(const Json& pair) const {
  const auto is_of_it = [&](const char* which) {
    const auto document = pair.find(which);
    if (document == pair.end() || !document->is_object()) return false;
    const auto source = document->find("source");
    return source != document->end() && *source == source_;
  };
  return is_of_it("original") || is_of_it("copy");
}

Status Deletion::write_altered() {
  PERSEA_TRY(const MappedFile file, MappedFile::open(corpus_.file("altered.jsonl")));
  PERSEA_TRY(FileWriter out, FileWriter::create(context_.out() / "altered.jsonl"));
  std::string_view rest = file.text();
  for (int64_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    PERSEA_TRY(const Json json, parse_json(line, fmt::format("{}:{}", corpus_.file("altered.jsonl").string(), number)));
    if (speaks_of_it(json)) continue;
    PERSEA_CHECK(out.write(line));
    PERSEA_CHECK(out.write("\n"));
  }
  return out.finish();
}

Status Deletion::write_funnel() {
  PERSEA_TRY(Json funnel, read_json(corpus_.file("funnel.json")));
  Tally all;
  Json sources = Json::array();
  try {
    for (Json& source : funnel.at("sources")) {
      if (source.at("name") == source_) continue;
      PERSEA_TRY(const Tally tally, Tally::from_json(source.at("counts"), corpus_.file("funnel.json").string()));
      all.add(tally);
      sources.push_back(std::move(source));
    }
  } catch (const Json::exception& error) {
    return fail("{}: is no funnel of curation: {}", corpus_.file("funnel.json").string(), error.what());
  }
  funnel["sources"] = std::move(sources);
  funnel["all"] = all.json();
  context_.fact("read", funnel["all"]["read"]);
  context_.fact("kept", funnel["all"]["kept"]);
  return write_file(context_.out() / "funnel.json", funnel.dump(1) + "\n");
}

Status Deletion::write(const Json& settings) {
  PERSEA_CHECK(write_texts());
  if (has("decisions.jsonl")) PERSEA_CHECK(write_decisions());
  if (has("altered.jsonl")) PERSEA_CHECK(write_altered());
  if (has("funnel.json")) {
    PERSEA_CHECK(write_funnel());
    PERSEA_CHECK(write_card(context_.out(), settings));
  }
  context_.fact("deleted_documents", gone_.documents);
  context_.fact("deleted_bytes", gone_.bytes);
  context_.fact("lost_copies", lost_copies_);
  return count_parts(context_);
}

Json seen_json(const std::vector<Artifact>& artifacts) {
  Json all = Json::array();
  for (const Artifact& artifact : artifacts) all.push_back({{"id", artifact.id}, {"kind", artifact.kind}});
  return all;
}

}  // namespace

Result<Seen> who_has_seen(Lab& lab, const std::string& source) {
  Seen seen;
  std::set<std::string> names;
  std::vector<Damage> damages;
  PERSEA_TRY(std::vector<Artifact> artifacts, lab.list(&damages));
  for (const Damage& damage : damages) seen.unreadable.push_back(damage.problem);
  for (Artifact& artifact : artifacts) {
    if (artifact.kind != "corpus") continue;
    const auto sources = read_corpus_sources(artifact.path);
    if (!sources) {
      seen.unreadable.push_back(sources.error().message);
      continue;
    }
    bool named = false;
    for (const CorpusSource& one : *sources) {
      names.insert(one.source);
      named = named || one.source == source;
    }
    if (!named) continue;
    const auto corpus = CorpusReader::open(artifact.path);
    if (!corpus) seen.unreadable.push_back(corpus.error().message);
    Count count;
    for (int64_t i = 0; corpus && i < corpus->documents(); ++i) {
      const CorpusReader::Document document = (*corpus)[i];
      if (document.source < sources->size() && (*sources)[document.source].source == source)
        count.add(static_cast<int64_t>(document.text.size()));
    }
    seen.corpora.push_back({std::move(artifact), count});
  }
  seen.sources.assign(names.begin(), names.end());
  std::vector<std::string> open;
  std::set<std::string> met;
  for (const Seen::Holder& holder : seen.corpora) open.push_back(holder.corpus.id);
  for (size_t at = 0; at < open.size(); ++at) {
    PERSEA_TRY(const auto made, lab.made_from(open[at]));
    for (const std::string& id : made) {
      // A corpus made from one that holds the source is itself among these, or is without it.
      if (id.starts_with("corpus-") || id.starts_with("deletion-") || !met.insert(id).second) continue;
      open.push_back(id);
      if (auto artifact = lab.find(id)) {
        seen.made.push_back(std::move(*artifact));
      } else {
        seen.unreadable.push_back(artifact.error().message);
      }
    }
  }
  return seen;
}

Result<DeletionResult> run_deletion_stage(Lab& lab, const std::string& corpus, const std::string& source) {
  PERSEA_TRY(const Artifact old, lab.find(corpus));
  StageSpec spec;
  spec.kind = "corpus";
  spec.version = kVersion;
  spec.settings = {{"source", "deleted"}, {"name", source}, {"of", old.settings()}};
  spec.inputs = {{"corpus", old.id}};
  PERSEA_TRY(StageResult made, lab.run(spec, [&](StageContext& context) -> Status {
    PERSEA_TRY(const CorpusLookup lookup, CorpusLookup::open(old.path));
    return Deletion(lookup, old, source, context).write(spec.settings);
  }));
  DeletionResult result{std::move(made), {}, 0};
  const auto fact = [&](const char* name) { return result.stage.artifact.facts().value(name, int64_t{0}); };
  result.documents = {fact("deleted_documents"), fact("deleted_bytes")};
  result.lost_copies = fact("lost_copies");
  return result;
}

std::vector<const Artifact*> purged_by(const Seen& seen) {
  std::vector<const Artifact*> purged;
  for (const Artifact& artifact : seen.made) {
    if (artifact.kind == "tokens") purged.push_back(&artifact);
  }
  for (const Seen::Holder& holder : seen.corpora) purged.push_back(&holder.corpus);
  return purged;
}

Result<Purge> purge_source(Lab& lab, const Seen& seen, const std::string& source, const std::string& reason) {
  const std::vector<const Artifact*> going = purged_by(seen);
  if (going.empty()) return fail("nothing in the lab holds text of the source {}", source);
  for (const Unfinished& stage : lab.unfinished()) {  // before anything is written down
    if (stage.running)
      return fail("the stage {} is under way in this lab and might read what is to go: wait for it, or stop it",
                  stage.kind);
    if (stage.kind == "corpus" || stage.kind == "tokens")
      return fail(
          "{}: a stage that was stopped has left text there, perhaps of this source: run it to its end, or "
          "remove that folder",
          stage.work.string());
  }
  Json ids = Json::array(), manifests = Json::array();
  for (const Artifact* artifact : going) {
    ids.push_back(artifact->id);
    manifests.push_back(artifact->manifest);
  }
  StageSpec spec;
  spec.kind = "deletion";
  spec.version = kVersion;
  spec.settings = {{"source", source}, {"reason", reason}, {"removed", ids}};
  spec.reuse = false;
  PERSEA_TRY(const StageResult record, lab.run(spec, [&](StageContext& context) -> Status {
    int64_t models = 0;
    for (const Artifact& artifact : seen.made) models += artifact.kind == "model" ? 1 : 0;
    context.fact("removed", going.size());
    context.fact("models", models);
    const Json told = {{"source", source}, {"reason", reason}, {"removed", manifests}, {"seen", seen_json(seen.made)}};
    return write_file(context.out() / "deletion.json", told.dump(1) + "\n");
  }));
  Purge purge;
  purge.record = record.artifact.id;
  for (const Artifact* artifact : going) {
    PERSEA_CHECK(lab.remove(artifact->id));
    purge.removed.push_back(artifact->id);
  }
  return purge;
}

}  // namespace persea::curation
