#include "data/curation/lookup.h"

#include <algorithm>

namespace persea::curation {

bool could_begin_id(std::string_view digits) {
  return digits.size() >= 4 && digits.size() <= 32 && std::all_of(digits.begin(), digits.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<std::vector<CorpusSource>> read_corpus_sources(const fs::path& folder) {
  const fs::path path = folder / "sources.jsonl";
  PERSEA_TRY(const MappedFile file, MappedFile::open(path));
  std::vector<CorpusSource> sources;
  std::string_view text = file.text();
  const auto text_of = [](const Json& line, const char* name) {
    const auto found = line.find(name);
    return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string where = fmt::format("{}:{}", path.string(), sources.size() + 1);
    PERSEA_TRY(const Json line, parse_json(text.substr(0, end), where));
    if (!line.is_object() || text_of(line, "path").empty()) return fail("{}: names no path", where);
    CorpusSource source{text_of(line, "source"), text_of(line, "path"), text_of(line, "licence"), false};
    if (source.source.empty()) source.source = source.file;
    const auto consent = line.find("consent");
    source.consent = consent != line.end() && consent->is_boolean() && consent->get<bool>();
    sources.push_back(std::move(source));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return sources;
}

Result<CorpusLookup> CorpusLookup::open(const fs::path& folder) {
  PERSEA_TRY(CorpusReader reader, CorpusReader::open(folder));
  CorpusLookup lookup(std::move(reader));
  PERSEA_TRY(lookup.sources_, read_corpus_sources(folder));
  for (int64_t i = 0; i < lookup.reader_.documents(); ++i) {
    if (lookup.reader_[i].source >= lookup.sources_.size())
      return fail("{}: document {} is of no source: a file was altered; make the corpus again", folder.string(), i);
  }
  std::error_code error;
  if (!fs::exists(folder / "places.txt", error)) return lookup;
  PERSEA_TRY(lookup.places_file_, MappedFile::open(folder / "places.txt"));
  std::string_view text = lookup.places_file_.text();
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lookup.places_.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  // A corpus of one document is cut in two, so that there is something to validate with.
  if (lookup.places_.size() == 1 && lookup.reader_.documents() == 2) lookup.places_.push_back(lookup.places_.front());
  if (static_cast<int64_t>(lookup.places_.size()) != lookup.reader_.documents())
    return fail("{}: has {} lines for {} documents: it was altered; make the corpus again",
                (folder / "places.txt").string(), lookup.places_.size(), lookup.reader_.documents());
  return lookup;
}

DocumentOrigin CorpusLookup::origin(int64_t i) const {
  const CorpusSource& source = sources_[reader_[i].source];
  return {source.source, source.file, places_.empty() ? std::string_view() : places_[static_cast<size_t>(i)],
          source.licence, source.consent};
}

std::vector<int64_t> CorpusLookup::by_id(std::string_view digits) const {
  std::vector<int64_t> found;
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (int64_t i = 0; i < reader_.documents(); ++i) {
    const DocumentId id = reader_[i].id;
    size_t at = 0;
    while (at < digits.size() && at < 2 * id.size() &&
           (at % 2 == 0 ? id[at / 2] >> 4 : id[at / 2] & 15U) == digit(digits[at]))
      ++at;
    if (at == digits.size()) found.push_back(i);
  }
  return found;
}

std::vector<int64_t> CorpusLookup::by_place(std::string_view source, std::string_view file,
                                            const std::string_view* place) const {
  std::vector<bool> meant(sources_.size());
  for (size_t s = 0; s < sources_.size(); ++s)
    meant[s] = sources_[s].file == file && (source.empty() || sources_[s].source == source);
  std::vector<int64_t> found;
  for (int64_t i = 0; i < reader_.documents(); ++i) {
    if (meant[reader_[i].source] && (place == nullptr || origin(i).place == *place)) found.push_back(i);
  }
  return found;
}

}  // namespace persea::curation
