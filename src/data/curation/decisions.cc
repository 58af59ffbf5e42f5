#include "data/curation/decisions.h"

#include <algorithm>

namespace persea::curation {
namespace {

constexpr size_t kReleased = 64 << 20;  // so many bytes are read before memory is given back

// Takes a field of its type where it is there; false where it is of another.
bool take(const Json& line, const char* name, std::string& value) {
  const auto found = line.find(name);
  if (found == line.end()) return true;
  if (!found->is_string()) return false;
  value = found->get<std::string>();
  return true;
}

bool take(const Json& line, const char* name, int64_t& value) {
  const auto found = line.find(name);
  if (found == line.end()) return true;
  if (!found->is_number_integer()) return false;
  value = found->get<int64_t>();
  return true;
}

bool take(const Json& line, const char* name, std::optional<double>& value) {
  const auto found = line.find(name);
  if (found == line.end() || found->is_null()) return true;  // null: a figure that is no number
  if (!found->is_number()) return false;
  value = found->get<double>();
  return true;
}

bool take_cuts(const Json& line, std::vector<DecisionLine::Cut>& cuts) {
  const auto found = line.find("cuts");
  if (found == line.end()) return true;
  if (!found->is_array()) return false;
  for (const Json& said : *found) {
    DecisionLine::Cut cut;
    if (!said.is_object() || !take(said, "reason", cut.reason) || !take(said, "count", cut.count) ||
        !take(said, "bytes", cut.bytes))
      return false;
    cuts.push_back(std::move(cut));
  }
  return true;
}

bool take_mark(const Json& line, DecisionLine& into) {
  const auto found = line.find("mark");
  if (found == line.end()) return true;
  if (!found->is_array() || found->size() != 2 || !(*found)[0].is_number_unsigned() ||
      !(*found)[1].is_number_unsigned())
    return false;
  into.mark_begin = std::min<uint64_t>((*found)[0].get<uint64_t>(), into.excerpt.size());
  into.mark_end = std::clamp<uint64_t>((*found)[1].get<uint64_t>(), into.mark_begin, into.excerpt.size());
  return true;
}

bool take_other(const Json& line, std::optional<DecisionLine::Other>& other) {
  const auto found = line.find("of");
  if (found == line.end()) return true;
  other.emplace();
  return found->is_object() && take(*found, "source", other->source) && take(*found, "file", other->file) &&
         take(*found, "place", other->place) && take(*found, "id", other->id) && !other->source.empty();
}

}  // namespace

std::string DecisionLine::reasons() const {
  if (cuts.empty()) return reason;
  std::string all;
  for (const Cut& cut : cuts) all += (all.empty() ? "" : ", ") + cut.reason;
  return all;
}

Json DecisionLine::Other::json() const { return {{"source", source}, {"file", file}, {"place", place}, {"id", id}}; }

Json DecisionLine::json() const {
  Json line = {{"source", source},   {"file", file},   {"place", place},     {"step", step},
               {"verdict", verdict}, {"bytes", bytes}, {"excerpt", excerpt}, {"mark", {mark_begin, mark_end}}};
  if (!id.empty()) line["id"] = id;
  if (!reason.empty()) line["reason"] = reason;
  if (figure) line["figure"] = *figure;
  if (limit) line["limit"] = *limit;
  for (const Cut& cut : cuts)
    line["cuts"].push_back({{"reason", cut.reason}, {"count", cut.count}, {"bytes", cut.bytes}});
  if (of) line["of"] = of->json();
  return line;
}

Result<DecisionLine> parse_decision(std::string_view line, std::string_view where) {
  PERSEA_TRY(const Json json, parse_json(line, where));
  DecisionLine decision;
  const bool good = json.is_object() && take(json, "source", decision.source) && take(json, "file", decision.file) &&
                    take(json, "place", decision.place) && take(json, "id", decision.id) &&
                    take(json, "step", decision.step) && take(json, "verdict", decision.verdict) &&
                    take(json, "reason", decision.reason) && take(json, "figure", decision.figure) &&
                    take(json, "limit", decision.limit) && take(json, "bytes", decision.bytes) &&
                    take(json, "excerpt", decision.excerpt) && take_mark(json, decision) &&
                    take_cuts(json, decision.cuts) && take_other(json, decision.of);
  if (!good || decision.source.empty() || decision.step.empty() || decision.verdict.empty())
    return fail("{}: is no decision: the file was altered; make the corpus again", where);
  return decision;
}

std::string says(std::string_view field, std::string_view text) { return says_beginning(field, text) + '"'; }

std::string says_beginning(std::string_view field, std::string_view text) {
  std::string quoted = canonical_json(std::string(text));
  quoted.pop_back();
  return fmt::format("\"{}\":{}", field, quoted);
}

Result<DecisionReader> DecisionReader::open(const fs::path& folder) {
  const fs::path path = folder / "decisions.jsonl";
  std::error_code error;
  if (!fs::exists(path, error))
    return fail("{}: holds no decisions: only a corpus of persea curate does", folder.filename().string());
  PERSEA_TRY(MappedFile file, MappedFile::open(path));
  DecisionReader reader = parse(file.text(), path.string());
  reader.file_ = std::move(file);
  reader.mapped_ = true;
  return reader;
}

DecisionReader DecisionReader::parse(std::string_view text, std::string where) {
  DecisionReader reader;
  reader.rest_ = text;
  reader.where_ = std::move(where);
  return reader;
}

bool DecisionReader::passes(std::string_view line) const {
  const auto holds = [&](const std::string& bytes) { return line.find(bytes) != line.npos; };
  return std::all_of(demanded_.begin(), demanded_.end(), holds) &&
         std::all_of(any_.begin(), any_.end(),
                     [&](const auto& some) { return std::any_of(some.begin(), some.end(), holds); });
}

bool DecisionReader::next(std::string_view& line) {
  if (mapped_ && since_release_ >= kReleased) {
    file_.release();
    since_release_ = 0;
  }
  while (!rest_.empty()) {
    const size_t end = std::min(rest_.find('\n'), rest_.size());
    line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    since_release_ += end + 1;
    ++number_;
    if (!line.empty() && passes(line)) return true;
  }
  return false;
}

Result<bool> DecisionReader::next(DecisionLine& line) {
  std::string_view bytes;
  if (!next(bytes)) return false;
  PERSEA_TRY(line, parse_decision(bytes, fmt::format("{}:{}", where_, number_)));
  return true;
}

}  // namespace persea::curation
