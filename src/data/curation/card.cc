#include "data/curation/card.h"

#include <cctype>

#include "base/clock.h"
#include "data/corpus.h"
#include "data/curation/tally.h"

namespace persea::curation {
namespace {

std::string number(int64_t value) {
  std::string digits = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::string share(int64_t part, int64_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.2f}%", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string size_of(int64_t bytes) { return format_bytes(static_cast<double>(bytes)); }

// Text of others in a cell: no line break, bar or mark-up of its own.
std::string cell(std::string_view text) {
  std::string out;
  const auto in_word = [&](size_t at) {  // an underscore between letters means nothing
    const auto letter = [&](size_t i) {
      return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i])) != 0;
    };
    return text[at] == '_' && at > 0 && letter(at - 1) && letter(at + 1);
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += ' ';
      continue;
    }
    if (std::string_view("|\\`*_<>[]#!~$").find(c) != std::string_view::npos && !in_word(i)) out += '\\';
    out += c;
  }
  return out.empty() ? "-" : out;
}

std::string value_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : canonical_json(value);
}

// "min_doc_words 50 · max_doc_words 100000"
std::string settings_line(const Json& settings) {
  std::string line;
  for (const auto& item : settings.items()) {
    if (item.value().is_object() && item.value().empty()) continue;
    line += (line.empty() ? "" : " · ") + item.key() + " " + value_text(item.value());
  }
  return cell(line);
}

// A member that may be missing.
const Json& member(const Json& json, const char* name) {
  static const Json none;
  const auto found = json.is_object() ? json.find(name) : json.end();
  return json.is_object() && found != json.end() ? *found : none;
}

std::string text_member(const Json& json, const char* name) {
  const Json& found = member(json, name);
  return found.is_string() ? found.get<std::string>() : "";
}

bool true_member(const Json& json, const char* name) {
  const Json& found = member(json, name);
  return found.is_boolean() && found.get<bool>();
}

// The name of a step by its key: a rule pack's, or the section's.
std::string step_name(const Json& key) {
  if (const std::string name = text_member(key, "rules"); !name.empty()) return name;
  for (const char* section : {"language", "quality", "perplexity", "decontaminate", "pii"}) {
    if (key.contains(section)) return section;
  }
  for (const auto& item : key.items()) {
    if (item.key() != "version" && item.key() != "settings") return item.key();
  }
  return "step";
}

// Of all steps, in the order in which they judge: what needs all documents comes behind the others.
std::vector<Json> step_keys(const Json& settings) {
  std::vector<Json> keys;
  for (const char* list : {"steps", "late_steps"}) {
    const Json& all = member(settings, list);
    for (size_t i = 0; all.is_array() && i < all.size(); ++i) {
      if (all[i].is_object()) keys.push_back(all[i]);
    }
  }
  return keys;
}

int64_t documents_of(const std::map<std::string, Count>& counts) {
  int64_t sum = 0;
  for (const auto& [reason, count] : counts) sum += count.documents;
  return sum;
}

int64_t bytes_of(const std::map<std::string, Count>& counts) {
  int64_t sum = 0;
  for (const auto& [reason, count] : counts) sum += count.bytes;
  return sum;
}

class Card {
 public:
  Card(const CardFacts& about, Tally all, CardSettings settings)
      : about_(about), all_(std::move(all)), settings_(std::move(settings)) {}

  std::string text() {
    head();
    sources();
    steps();
    personal_data();
    copies();
    contamination();
    mixture();
    again();
    limits();
    return std::move(text_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }
  void head();
  void sources();
  void steps();
  void personal_data();
  void copies();
  void contamination();
  void mixture();
  void again();
  void limits();

  const CardFacts& about_;
  Tally all_;
  CardSettings settings_;
  std::string text_;
};

void Card::head() {
  line("# Data card{}", about_.id.empty() ? "" : ": " + about_.id);
  line("");
  line("A corpus of text for training language models, written from the facts that `persea curate` recorded.");
  line("");
  line("| | documents | bytes | share |");
  line("| --- | ---: | ---: | ---: |");
  const auto row = [&](const char* name, int64_t documents, int64_t bytes) {
    line("| {} | {} | {} | {} |", name, number(documents), size_of(bytes), share(bytes, all_.read.bytes));
  };
  row("read", all_.read.documents, all_.read.bytes);
  row("kept", all_.kept.documents, all_.kept.bytes);
  const Json& facts = about_.facts;
  for (const auto& [name, prefix] :
       {std::pair{"in the corpus", ""}, {"for training", "train_"}, {"for validation", "valid_"}}) {
    const Json& documents = member(facts, (std::string(prefix) + "documents").c_str());
    const Json& bytes = member(facts, (std::string(prefix) + "bytes").c_str());
    if (documents.is_number_integer() && bytes.is_number_integer())
      row(name, documents.get<int64_t>(), bytes.get<int64_t>());
  }
  if (!settings_.deleted.empty()) {
    std::string names;
    for (const std::string& name : settings_.deleted) names += (names.empty() ? "" : ", ") + name;
    line("\nDeleted from it after it was curated, with all texts: the source {}.", cell(names));
  }
}

void Card::sources() {
  line("\n## Sources\n");
  line("| name | licence | consent | files | read | kept | of the mixture | times |");
  line("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |");
  int64_t mixed = 0;
  for (const Json& source : about_.funnel.at("sources")) mixed += source.at("mixed").at("bytes").get<int64_t>();
  for (const Json& source : about_.funnel.at("sources")) {
    const Json& counts = source.at("counts");
    line("| {} | {} | {} | {} | {} | {} | {} | {:.3g} |", cell(source.at("name").get<std::string>()),
         cell(source.at("licence").get<std::string>()), source.at("consent").get<bool>() ? "yes" : "not given",
         number(counts.at("files").get<int64_t>()), size_of(counts.at("read").at("bytes").get<int64_t>()),
         size_of(counts.at("kept").at("bytes").get<int64_t>()),
         share(source.at("mixed").at("bytes").get<int64_t>(), mixed), source.at("copies").get<double>());
  }
  for (const Json& source : member(about_.funnel, "left_out"))
    line("\nLeft out: {} ({}).", cell(source.at("name").get<std::string>()),
         cell(source.at("reason").get<std::string>()));
  const Json& require = member(settings_.curated, "require");
  if (true_member(require, "consent")) line("\nOnly sources whose writers agreed were let in.");
  if (const Json& licences = member(require, "licences"); licences.is_array() && !licences.empty())
    line("\nOnly sources with one of these licences were let in: {}.", cell(canonical_json(licences)));
  if (all_.skipped.empty()) return;
  line("\nNot read, as it was no text:\n");
  for (const auto& [reason, count] : all_.skipped) line("- {}: {}", cell(reason), number(count));
}

void Card::steps() {
  line("\n## Steps\n");
  line("In the order in which they judged. A document that one of them drops is not seen by the next.\n");
  line("| step | version | dropped | bytes | changed | settings |");
  line("| --- | ---: | ---: | ---: | ---: | --- |");
  std::map<std::string, bool> told;
  const auto row = [&](const std::string& name, const std::string& version, const std::string& settings) {
    const auto dropped = all_.dropped.find(name);
    const auto changed = all_.changed.find(name);
    const std::map<std::string, Count> none;
    const auto& drops = dropped == all_.dropped.end() ? none : dropped->second;
    line("| {} | {} | {} | {} | {} | {} |", cell(name), version, number(documents_of(drops)), size_of(bytes_of(drops)),
         changed == all_.changed.end() ? "0" : "up to " + number(documents_of(changed->second)), settings);
    told[name] = true;
  };
  for (const Json& key : step_keys(settings_.curated)) {
    const Json& inner =
        member(key, "settings").is_object() ? member(key, "settings") : member(key, step_name(key).c_str());
    const Json& version = member(key, "version");
    row(step_name(key), version.is_null() ? "-" : cell(value_text(version)),
        inner.is_object() ? settings_line(inner) : "-");
  }
  for (const auto& [name, counts] : all_.dropped) {
    if (!told.count(name)) row(name, "-", "-");
  }
  line("\nWhat was dropped, by reason:\n");
  line("| step | reason | documents | bytes | share of what was read |");
  line("| --- | --- | ---: | ---: | ---: |");
  for (const auto& [step, reasons] : all_.dropped) {
    for (const auto& [reason, count] : reasons)
      line("| {} | {} | {} | {} | {} |", cell(step), cell(reason), number(count.documents), size_of(count.bytes),
           share(count.bytes, all_.read.bytes));
  }
  if (all_.changed.empty()) return;
  line("\nWhat was cut out of documents that stayed or were dropped later:\n");
  line("| step | what | documents | bytes |");
  line("| --- | --- | ---: | ---: |");
  for (const auto& [step, reasons] : all_.changed) {
    for (const auto& [reason, count] : reasons)
      line("| {} | {} | {} | {} |", cell(step), cell(reason), number(count.documents), size_of(count.bytes));
  }
}

void Card::personal_data() {
  line("\n## Personal data and keys\n");
  const Json& pii = member(settings_.curated, "pii");
  if (!pii.is_object()) {
    line("Nothing was looked for.");
    return;
  }
  line("Looked for by form: {}. What was found was {}. Names and postal addresses are not found.",
       cell(value_text(member(pii, "kinds"))),
       text_member(pii, "action") == "drop" ? "a reason to drop the document" : "replaced by a mark of its kind");
}

void Card::copies() {
  line("\n## Copies\n");
  const Json& dedup = member(settings_.curated, "dedup");
  const Json& minhash = member(settings_.curated, "minhash");
  line("Documents with the same text: {}.", true_member(dedup, "exact") ? "the first stayed" : "all stayed");
  if (minhash.is_null()) {
    line("Near copies were not looked for.");
  } else {
    line("Near copies by MinHash ({}): {}.", cell(value_text(minhash)),
         text_member(dedup, "near") == "keep" ? "they stayed, on one side of the split" : "the first stayed");
  }
  if (const Json& tokens = member(dedup, "span_tokens"); tokens.is_number_integer() && tokens.get<int64_t>() > 0)
    line("Spans of {} tokens that come again were cut{}.", tokens.get<int64_t>(),
         text_member(dedup, "span_keep") == "none" ? "; the first one too" : ", but for the first one");
  for (const char* step : {"exact", "minhash"}) {
    const auto dropped = all_.dropped.find(step);
    if (dropped != all_.dropped.end())
      line("Left out as {}: {} documents, {}.", std::string_view(step) == "exact" ? "the same" : "nearly the same",
           number(documents_of(dropped->second)), size_of(bytes_of(dropped->second)));
  }
}

void Card::contamination() {
  line("\n## Contamination\n");
  bool looked = false;
  for (const Json& key : step_keys(settings_.curated)) looked = looked || step_name(key) == "decontaminate";
  if (!looked) {
    line("Texts of evaluations were not looked for: `persea contamination` says which items a model has seen.");
    return;
  }
  line("Texts of evaluations were looked for; the table of steps says with which settings and what was found.");
}

void Card::mixture() {
  line("\n## Mixture and split\n");
  if (const Json& mix = member(settings_.curated, "mix"); mix.is_object()) line("Mixture: {}.", settings_line(mix));
  if (const Json& split = member(settings_.curated, "split"); split.is_object())
    line("Split: {}, by a hash of the first document of each group of copies, so that copies lie on one side.",
         settings_line(split));
  line("\nDocuments by length:\n");
  line("| bytes | read | kept |");
  line("| --- | ---: | ---: |");
  for (size_t i = 0; i < all_.read_lengths.size(); ++i) {
    if (all_.read_lengths[i] == 0 && all_.kept_lengths[i] == 0) continue;
    line("| {} to {} | {} | {} |", number(int64_t{1} << i), number((int64_t{2} << i) - 1), number(all_.read_lengths[i]),
         number(all_.kept_lengths[i]));
  }
}

void Card::again() {
  line("\n## Making it again\n");
  line(
      "`persea curate` with the settings above over the same files gives the same bytes, on any number of threads and");
  line("machines. The files are known by names and contents:\n");
  if (const std::string text = text_member(settings_.curated, "text"); !text.empty())
    line("- SHA-256 of all that was read: `{}`", text);
  if (!about_.content.empty()) line("- SHA-256 of the corpus's content: `{}`", about_.content);
  line("- `decisions.jsonl` has a line with the reason for each document that was dropped or changed");
}

void Card::limits() {
  line("\n## Known limits\n");
  line("- Rules judge form, not truth: what is wrong, biased or harmful and well written stays.");
  line("- Personal data is found by form alone; nobody has read the texts.");
  if (all_.dropped.count("language") == 0) line("- No document was dropped for its language.");
  if (all_.replaced > 0)
    line("- {} bytes were no character in their file's encoding and became U+FFFD.", number(all_.replaced));
  for (const Json& source : about_.funnel.at("sources")) {
    if (source.at("licence").get<std::string>().empty())
      line("- The licence of the source {} was not said.", cell(source.at("name").get<std::string>()));
  }
}

}  // namespace

Json named_settings(const Json& settings) {
  Json named = card_settings(settings).curated;
  if (!named.is_object()) return Json::object();
  for (const char* list : {"steps", "late_steps", "sources"}) {
    const auto found = named.find(list);
    if (found == named.end() || !found->is_array()) continue;
    Json by_name = Json::object();
    for (const Json& entry : *found) {
      if (!entry.is_object()) continue;
      std::string name = std::string_view(list) == "sources" ? text_member(entry, "name") : step_name(entry);
      while (by_name.contains(name)) name += "'";  // a pack that stands twice
      by_name[name] = entry;
      by_name[name].erase("name");
    }
    *found = std::move(by_name);
  }
  return named;
}

std::vector<std::string> step_names(const Json& settings) {
  std::vector<std::string> names = {"read"};
  const CardSettings found = card_settings(settings);
  for (const Json& key : step_keys(found.curated)) names.push_back(step_name(key));
  for (const char* last : {"exact", "spans", "decontaminate", "minhash", "mix"}) names.emplace_back(last);
  return names;
}

CardSettings card_settings(const Json& settings) {
  CardSettings found{settings, {}};
  while (text_member(found.curated, "source") == "deleted" && member(found.curated, "of").is_object()) {
    found.deleted.insert(found.deleted.begin(), text_member(found.curated, "name"));
    found.curated = Json(member(found.curated, "of"));
  }
  return found;
}

Result<std::string> data_card(const CardFacts& about) {
  try {
    PERSEA_TRY(Tally all, Tally::from_json(about.funnel.at("all"), "funnel.json"));
    return Card(about, std::move(all), card_settings(about.settings)).text();
  } catch (const Json::exception& error) {
    return fail("funnel.json: is no funnel of curation: {}", error.what());
  }
}

Status write_card(const fs::path& folder, const Json& settings) {
  PERSEA_TRY(const Json funnel, read_json(folder / "funnel.json"));
  PERSEA_TRY(const CorpusReader corpus, CorpusReader::open(folder));
  Json facts = Json::object();
  const auto add = [&](const std::string& name, int64_t value) { facts[name] = facts.value(name, int64_t{0}) + value; };
  for (int64_t i = 0; i < corpus.documents(); ++i) {
    const CorpusReader::Document document = corpus[i];
    for (const std::string& side : {std::string(), std::string(document.valid ? "valid_" : "train_")}) {
      add(side + "documents", 1);
      add(side + "bytes", static_cast<int64_t>(document.text.size()));
    }
  }
  PERSEA_TRY(const std::string card, data_card({settings, funnel, facts, "", ""}));
  return write_file(folder / "card.md", card);
}

}  // namespace persea::curation
