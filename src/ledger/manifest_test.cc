#include "ledger/manifest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/file.h"
#include "base/hash.h"

namespace persea {
namespace {

// A manifest as Lab writes it, before it is sealed; ids follow from the rest.
Json sample() {
  const std::vector<ArtifactInput> inputs = {{"text", "source-0123456789", sha256("in")}};
  const std::vector<ArtifactFile> files = {{"a.txt", 3, sha256("abc"), false}, {"log/b.jsonl", 2, sha256("{}"), true}};
  const Json settings = {{"seed", 1}, {"rate", 0.1}};
  Json manifest = {{"kind", "corpus"},
                   {"stage_version", 2},
                   {"program_version", "0.1.0"},
                   {"created", "2026-11-22T03:48:46.123Z"},
                   {"settings", settings},
                   {"facts", {{"documents", 12}}},
                   {"content", content_digest(files)}};
  manifest["cost"] = {{"wall_seconds", 1.5}, {"cpu_seconds", 2}, {"gpu_seconds", 0},
                      {"joules", nullptr},   {"tokens", 0},      {"bytes", 3}};
  for (const auto& i : inputs) manifest["inputs"].push_back({{"role", i.role}, {"id", i.id}, {"content", i.content}});
  for (const auto& f : files) {
    manifest["files"].push_back({{"path", f.path}, {"bytes", f.bytes}, {"sha256", f.sha256}, {"record", f.record}});
  }
  manifest["id"] = artifact_id("corpus", stage_key("corpus", 2, settings, inputs), content_digest(files));
  return manifest;
}

Result<Json> parse_sealed(const Json& manifest) { return parse_manifest(seal_manifest(manifest).dump(2), "m.json"); }

TEST(ManifestTest, ReadsWhatItWrites) {
  const auto manifest = parse_sealed(sample());
  ASSERT_TRUE(manifest.ok()) << manifest.error().message;
  const Artifact artifact{manifest->at("id"), manifest->at("kind"), "lab/artifacts/x", *manifest};
  EXPECT_EQ(artifact.files().size(), 2u);
  EXPECT_TRUE(artifact.files()[1].record);
  EXPECT_EQ(artifact.bytes(), 5);
  EXPECT_EQ(artifact.inputs().at(0).id, "source-0123456789");
  EXPECT_EQ(artifact.file("a.txt"), fs::path("lab/artifacts/x/a.txt"));
  EXPECT_EQ(artifact.id, artifact_id("corpus", stage_key(artifact), artifact.content()));
}

TEST(ManifestTest, AnyAlterationIsSeen) {
  const std::string text = seal_manifest(sample()).dump();
  ASSERT_TRUE(parse_manifest(text, "m.json").ok());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string altered = text;
    altered[i] ^= 1;
    const auto manifest = parse_manifest(altered, "m.json");
    ASSERT_FALSE(manifest.ok()) << "byte " << i << " of " << text;
    EXPECT_TRUE(manifest.error().message.starts_with("m.json")) << manifest.error().message;
    EXPECT_EQ(manifest.error().message.find('\n'), std::string::npos);
  }
  for (size_t size = 0; size < text.size(); ++size) ASSERT_FALSE(parse_manifest(text.substr(0, size), "m.json").ok());
}

TEST(ManifestTest, ASealedLieIsStillRefused) {
  // Each member wrong in turn, with a digest that fits: what somebody would write on purpose.
  const std::vector<std::pair<const char*, std::function<void(Json&)>>> lies = {
      {"\"kind\" is missing", [](Json& m) { m.erase("kind"); }},
      {"\"kind\" is not", [](Json& m) { m["kind"] = "Corpus"; }},
      {"\"id\" does not fit", [](Json& m) { m["id"] = "corpus-0000000000"; }},
      {"\"id\" is not", [](Json& m) { m["id"] = "../../etc-0000000000"; }},
      {"\"id\" does not fit", [](Json& m) { m["settings"]["seed"] = 2; }},
      {"\"id\" does not fit", [](Json& m) { m["stage_version"] = 3; }},
      {"\"id\" does not fit", [](Json& m) { m["inputs"][0]["content"] = sha256("other"); }},
      {"\"stage_version\" is not", [](Json& m) { m["stage_version"] = -1; }},
      {"\"stage_version\" is not", [](Json& m) { m["stage_version"] = 18446744073709551615u; }},
      {"\"stage_version\" is not", [](Json& m) { m["stage_version"] = 1.5; }},
      {"\"created\" is not", [](Json& m) { m["created"] = "yesterday"; }},
      {"\"settings\" is not", [](Json& m) { m["settings"] = Json::array(); }},
      {"\"facts\" is not", [](Json& m) { m["facts"] = 1; }},
      {"\"wall_seconds\" is not", [](Json& m) { m["cost"]["wall_seconds"] = -1; }},
      {"\"joules\" is not", [](Json& m) { m["cost"]["joules"] = "many"; }},
      {"\"tokens\" is not", [](Json& m) { m["cost"]["tokens"] = 0.5; }},
      {"\"role\" is not", [](Json& m) { m["inputs"][0]["role"] = "a\x1b[2J"; }},
      {"an input is no object", [](Json& m) { m["inputs"][0] = 1; }},
      {"a file is no object", [](Json& m) { m["files"][0] = nullptr; }},
      {"\"path\" is not", [](Json& m) { m["files"][0]["path"] = "../a.txt"; }},
      {"\"path\" is not", [](Json& m) { m["files"][0]["path"] = "/a.txt"; }},
      {"\"bytes\" is not", [](Json& m) { m["files"][0]["bytes"] = -3; }},
      {"impossibly large", [](Json& m) { m["files"][0]["bytes"] = std::numeric_limits<int64_t>::max(); }},
      {"\"sha256\" is not", [](Json& m) { m["files"][0]["sha256"] = "abc"; }},
      {"\"content\" does not fit", [](Json& m) { m["files"][0]["sha256"] = sha256("abd"); }},
      {"\"content\" does not fit", [](Json& m) { m["files"][1]["record"] = false; }},
      {"\"record\" is not", [](Json& m) { m["files"][1]["record"] = 1; }},
      {"not sorted", [](Json& m) { std::swap(m["files"][0], m["files"][1]); }},
      {"there twice", [](Json& m) { m["files"][1] = m["files"][0]; }},
  };
  for (const auto& [words, lie] : lies) {
    Json manifest = sample();
    lie(manifest);
    const auto parsed = parse_sealed(manifest);
    ASSERT_FALSE(parsed.ok()) << words;
    EXPECT_NE(parsed.error().message.find(words), std::string::npos) << parsed.error().message;
  }
  for (const char* text : {"", "[]", "null", "{}", "{\"digest\":1}", "\xff"}) {
    EXPECT_FALSE(parse_manifest(text, "m").ok()) << text;
  }
}

TEST(ManifestTest, ARecordIsNoPartOfTheContent) {
  std::vector<ArtifactFile> files = {{"b", 1, sha256("b"), false}, {"a", 1, sha256("a"), false}};
  const std::string content = content_digest(files);
  files.push_back({"metrics.jsonl", 9, sha256("now"), true});
  EXPECT_EQ(content_digest(files), content);
  std::swap(files[0], files[1]);
  EXPECT_EQ(content_digest(files), content);
  files[0].path = "c";
  EXPECT_NE(content_digest(files), content);
}

TEST(ManifestTest, TheKeyFeelsEverythingThatDecides) {
  const std::vector<ArtifactInput> inputs = {{"corpus", "corpus-0000000000", sha256("1")},
                                             {"tokenizer", "tokenizer-0000000000", sha256("2")}};
  const Json settings = {{"steps", 10}, {"rate", {{"peak", 0.1}}}};
  const std::string key = stage_key("model", 1, settings, inputs);
  EXPECT_EQ(stage_key("model", 1, Json::parse(R"({"rate":{"peak":1e-1},"steps":10})"), inputs), key);
  auto renamed = inputs;
  renamed[0].id = "corpus-1111111111";  // only the content of an input decides
  EXPECT_EQ(stage_key("model", 1, settings, renamed), key);

  std::set<std::string> keys = {key, stage_key("chat", 1, settings, inputs), stage_key("model", 2, settings, inputs)};
  Json other = settings;
  other["rate"]["peak"] = std::nextafter(0.1, 1);
  keys.insert(stage_key("model", 1, other, inputs));
  other["more"] = nullptr;
  keys.insert(stage_key("model", 1, other, inputs));
  auto changed = inputs;
  changed[1].content = sha256("3");
  keys.insert(stage_key("model", 1, settings, changed));
  changed = inputs;
  changed[1].role = "vocabulary";
  keys.insert(stage_key("model", 1, settings, changed));
  std::swap(changed[0], changed[1]);
  keys.insert(stage_key("model", 1, settings, changed));
  EXPECT_EQ(keys.size(), 8u);
}

TEST(ManifestTest, PathsStayInside) {
  for (const char* good : {"a", "a/b.c", ".hidden", "a..b", "...", "\xc3\xa4/\xe2\x82\xac", "sub/manifest.json"}) {
    EXPECT_TRUE(valid_artifact_path(good)) << good;
  }
  for (const char* bad : {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "./a", "a\\b", "a\nb",
                          "a\x1b[2J", "a\x7f", "\xff", "a\xc2\x9b", "manifest.json"}) {
    EXPECT_FALSE(valid_artifact_path(bad)) << bad;
  }
  EXPECT_FALSE(valid_artifact_path(std::string(2000, 'a')));
  EXPECT_FALSE(valid_artifact_path(std::string_view("a\0b", 3)));
}

TEST(ManifestTest, FactsThatJsonCannotHoldDoNotSpoilTheSeal) {
  Json manifest = sample();
  manifest["facts"] = {{"loss", std::nan("")}, {"text", "broken \xff"}, {"big", 1e300}, {"tiny", 5e-324}, {"z", -0.0}};
  const auto parsed = parse_sealed(manifest);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_TRUE(parsed->at("facts").at("loss").is_null());
}

TEST(ManifestTest, AFolderOfAnotherNameIsRefused) {
  const auto dir = TempDir::create(fs::temp_directory_path(), "manifest");
  const Json manifest = seal_manifest(sample());
  const fs::path right = dir->path() / manifest["id"].get<std::string>(), wrong = dir->path() / "corpus-0000000000";
  fs::create_directory(right);
  EXPECT_NE(read_artifact(right).error().message.find("missing"), std::string::npos);
  ASSERT_TRUE(write_file(right / "manifest.json", manifest.dump()).ok());
  EXPECT_TRUE(read_artifact(right).ok());
  fs::rename(right, wrong);
  EXPECT_NE(read_artifact(wrong).error().message.find("renamed"), std::string::npos);
}

}  // namespace
}  // namespace persea
