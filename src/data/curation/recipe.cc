#include "data/curation/recipe.h"

#include <algorithm>
#include <set>

#include "curate/minhash.h"
#include "curate/pii.h"
#include "curate/rule_pack.h"

namespace persea::curation {
namespace {

const std::vector<std::string> kSections = {
    "source",        "read", "require", "language", "rules", "quality", "perplexity",
    "decontaminate", "pii",  "dedup",   "mix",      "split", "name",    "submit"};  // persea submit reads the last
// Those that judge texts, in the order in which they do, but for perplexity, which comes behind all: what costs little
// and drops much comes first.
const std::vector<std::string> kSteps = {"language", "rules", "quality", "perplexity", "decontaminate"};

Status one_of(std::string_view key, const std::string& value, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return {};
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "\"" : ", \"") + name + "\"";
  return fail("`{}` = \"{}\" has to be one of {}", key, value, names);
}

Status within(std::string_view key, double value, double least, double most) {
  if (value >= least && value <= most) return {};
  return fail("`{}` = {} has to lie between {} and {}", key, value, least, most);
}

Status check(const Source& source) {
  if (source.name.empty()) return fail("a source needs a `name`");
  if (source.path.empty()) return fail("source \"{}\" needs a `path`: a file or a folder", source.name);
  PERSEA_CHECK(within("weight", source.weight, 0, 1e6));
  PERSEA_CHECK(within("epochs", source.epochs, 0, 1000));
  PERSEA_CHECK(within("max_bytes", static_cast<double>(source.max_bytes), 0, 1e18));
  return within("max_documents", static_cast<double>(source.max_documents), 0, 1e18);
}

Status check(const Require&) { return {}; }

Status check(const Read& read) {
  PERSEA_CHECK(within("document_bytes", static_cast<double>(read.document_bytes), 1024, 8 << 20));
  return within("item_bytes", static_cast<double>(read.item_bytes), 1 << 16, 1 << 30);
}

Status check(const Pii& pii) {
  PERSEA_CHECK(one_of("action", pii.action, {"mask", "drop"}));
  if (pii.kinds.empty()) return fail("`kinds` names nothing to look for: leave it out, and all kinds are");
  const std::vector<std::string> names(curate::kPiiNames.begin(), curate::kPiiNames.end());
  for (const std::string& kind : pii.kinds) PERSEA_CHECK(one_of("kinds", kind, names));
  return {};
}

Status check(const Dedup& dedup) {
  PERSEA_CHECK(one_of("near", dedup.near, {"drop", "keep"}));
  PERSEA_CHECK(one_of("span_keep", dedup.span_keep, {"first", "none"}));
  PERSEA_CHECK(within("span_tokens", static_cast<double>(dedup.span_tokens), 0, 1000));
  if (dedup.span_keep != "first" && dedup.span_tokens == 0)
    return fail("`span_keep` says nothing without `span_tokens`: set that to the least length of a span, such as 50");
  return {};
}

Status check(const Mix& mix) {
  PERSEA_CHECK(one_of("order", mix.order, {"source", "shuffled", "short-first", "best-first", "best-last"}));
  PERSEA_CHECK(within("temperature", mix.temperature, 0.01, 1000));
  PERSEA_CHECK(within("seed", static_cast<double>(mix.seed), 0, 9e15));
  return within("bytes", static_cast<double>(mix.bytes), 0, 1e18);
}

Status check(const Split& split) { return within("valid_fraction", split.valid_fraction, 0.0001, 0.5); }

// Reads sections and puts their place before what is wrong with them.
class Reader {
 public:
  Reader(const TomlDocument& document, std::string_view where) : document_(document), where_(where) {}

  std::string at(const std::string& path) const {
    const auto line = document_.lines.find(path);
    return line == document_.lines.end() ? std::string(where_) : fmt::format("{}:{}", where_, line->second);
  }

  template <class Section>
  Status read(const Json& said, const std::string& name, const std::string& path, Section& section) const {
    auto settings = curate::read_settings<Section>(said, name);
    if (!settings) return fail("{}: {}", at(path), settings.error().message);
    section = std::move(*settings);
    if (const Status good = check(section); !good) return fail("{}: {}: {}", at(path), name, good.error().message);
    return {};
  }

  template <class Section>
  Status read_if_there(const std::string& name, Section& section) const {
    const auto said = document_.value.find(name);
    return said == document_.value.end() ? Status() : read(*said, name, name, section);
  }

  // The tables of a section that may stand once, [x], or more often, [[x]].
  std::vector<StepRecipe> steps(const std::string& name) const {
    std::vector<StepRecipe> all;
    const auto said = document_.value.find(name);
    if (said == document_.value.end()) return all;
    if (!said->is_array()) {
      all.push_back({name, *said, at(name)});
      return all;
    }
    for (size_t i = 0; i < said->size(); ++i) all.push_back({name, (*said)[i], at(fmt::format("{}[{}]", name, i))});
    return all;
  }

 private:
  const TomlDocument& document_;
  std::string_view where_;
};

}  // namespace

Result<Recipe> Recipe::parse(std::string_view text, std::string_view where, const fs::path& folder) {
  PERSEA_TRY(const TomlDocument document, parse_toml(text, where));
  const Reader reader(document, where);
  Recipe recipe;
  recipe.where = where;
  recipe.folder = folder;
  for (const auto& item : document.value.items()) {
    if (std::find(kSections.begin(), kSections.end(), item.key()) != kSections.end()) continue;
    const std::string near = nearest(item.key(), kSections);
    return fail("{}: `{}` is no section of a recipe for curation{}", reader.at(item.key()), item.key(),
                near.empty() ? "" : ": did you mean `" + near + "`?");
  }
  const auto sources = document.value.find("source");
  if (sources == document.value.end() || !sources->is_array() || sources->empty())
    return fail("{}: names no text: give at least one [[source]] with a name and a path", where);
  std::set<std::string> names;
  for (size_t i = 0; i < sources->size(); ++i) {
    Source source;
    const std::string path = fmt::format("source[{}]", i);
    PERSEA_CHECK(reader.read((*sources)[i], "source", path, source));
    if (!names.insert(source.name).second)
      return fail("{}: there are two sources \"{}\": give each a name of its own", reader.at(path), source.name);
    if (fs::path(source.path).is_relative()) source.path = (folder / source.path).lexically_normal().string();
    recipe.sources.push_back(std::move(source));
  }
  for (const std::string& name : kSteps) {
    for (StepRecipe& step : reader.steps(name)) {
      if (!step.settings.is_object()) return fail("{}: [{}] has to be a table", step.where, name);
      recipe.steps.push_back(std::move(step));
    }
  }
  recipe.has_pii = document.value.contains("pii");
  PERSEA_CHECK(reader.read_if_there("read", recipe.read));
  PERSEA_CHECK(reader.read_if_there("require", recipe.require));
  PERSEA_CHECK(reader.read_if_there("pii", recipe.pii));
  if (const auto said = document.value.find("dedup"); said != document.value.end()) {
    if (!said->is_object()) return fail("{}: [dedup] has to be a table", reader.at("dedup"));
    Json rest = *said, minhash = rest.value("minhash", Json());
    rest.erase("minhash");
    PERSEA_CHECK(reader.read(rest, "dedup", "dedup", recipe.dedup));
    if (minhash != "off" && !minhash.is_null()) {
      auto settings = curate::minhash_settings(minhash);
      if (!settings) return fail("{}: {}", reader.at("dedup.minhash"), settings.error().message);
      recipe.dedup.minhash = curate::settings_json(*settings);
    }
    if (recipe.dedup.near == "keep" && recipe.dedup.minhash.is_null())
      return fail("{}: dedup: `near` = \"keep\" says nothing without `minhash`: name a set, such as \"datatrove\"",
                  reader.at("dedup.near"));
  }
  PERSEA_CHECK(reader.read_if_there("mix", recipe.mix));
  const auto measures_quality = [](const StepRecipe& step) { return step.name == "quality"; };
  if (recipe.mix.order.starts_with("best-") && std::none_of(recipe.steps.begin(), recipe.steps.end(), measures_quality))
    return fail("{}: mix: `order` = \"{}\" goes by the quality that [quality] measures: name a model there",
                reader.at("mix.order"), recipe.mix.order);
  PERSEA_CHECK(reader.read_if_there("split", recipe.split));
  return recipe;
}

Result<Recipe> Recipe::load(const fs::path& path) {
  PERSEA_TRY(const std::string text, read_file(path));
  return parse(text, path.string(), path.parent_path());
}

Json Recipe::settings() const {
  Json all = {{"read", curate::settings_json(read)},
              {"require", curate::settings_json(require)},
              {"dedup", curate::settings_json(dedup)},
              {"minhash", dedup.minhash},
              {"mix", curate::settings_json(mix)},
              {"split", curate::settings_json(split)},
              {"sources", Json::array()}};
  if (has_pii) all["pii"] = curate::settings_json(pii);
  for (const Source& source : sources) {
    Json settings = curate::settings_json(source);
    settings.erase("path");
    all["sources"].push_back(std::move(settings));
  }
  return all;
}

}  // namespace persea::curation
