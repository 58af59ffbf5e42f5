#include "base/json.h"

#include <gtest/gtest.h>

namespace persea {
namespace {

std::string json_error(std::string_view text) {
  const auto result = parse_json(text, "f.json");
  return result ? "" : result.error().message;
}

TEST(Json, ParsesAndWritesTheCanonicalForm) {
  EXPECT_EQ(canonical_json(*parse_json(R"( {"b": [1, 2.5, "é\n"], "a": null} )", "f")),
            "{\"a\":null,\"b\":[1,2.5,\"é\\n\"]}");
  EXPECT_EQ(canonical_json(Json("a\xff")), "\"a\xef\xbf\xbd\"");
}

TEST(Json, ErrorsNamePlaceAndReason) {
  EXPECT_TRUE(json_error("{\n \"a\": 1,\n x}").starts_with("f.json:3:2: not JSON: syntax error"))
      << json_error("{\n \"a\": 1,\n x}");
  EXPECT_TRUE(json_error("").starts_with("f.json:1:1: not JSON: "));
  EXPECT_TRUE(json_error("1e999").starts_with("f.json: not JSON: number overflow"));
  EXPECT_NE(json_error("[1] x"), "");
  EXPECT_NE(json_error("\"\xff\""), "");
  for (const auto& text : {std::string("\"a\x01\xff\nb"), "[\"" + std::string(100000, 'x')}) {
    const std::string message = json_error(text);
    EXPECT_LT(message.size(), 250u);
    for (const char c : message) EXPECT_TRUE(c >= 32 && c < 127) << message;
  }
}

TEST(Json, DepthIsLimited) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(json_error(nested(256)), "");
  EXPECT_EQ(json_error(nested(257)), "f.json: nested deeper than 256 levels");
  EXPECT_EQ(json_error("{\"a\": \"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"}"), "");
  EXPECT_NE(json_error(std::string(1000000, '[')), "");
}

TEST(Toml, GivesValuesAndTheLinesOfKeys) {
  const auto document = parse_toml(
      "title = 'x'\n"
      "[pretrain]\n"
      "minutes = 12.5\n"
      "on = true\n"
      "when = 2026-01-02\n"
      "model.dim = 64\n"
      "[[stage]]\n"
      "kind = 'a'\n"
      "[[stage]]\n"
      "kind = 'b'\n",
      "r.toml");
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(canonical_json(document->value),
            R"({"pretrain":{"minutes":12.5,"model":{"dim":64},"on":true,"when":"2026-01-02"},)"
            R"("stage":[{"kind":"a"},{"kind":"b"}],"title":"x"})");
  EXPECT_EQ(document->lines.at("title"), 1);
  EXPECT_EQ(document->lines.at("pretrain.minutes"), 3);
  EXPECT_EQ(document->lines.at("pretrain.model.dim"), 6);
  EXPECT_EQ(document->lines.at("stage[1].kind"), 10);
}

TEST(Toml, ErrorsNameTheLine) {
  EXPECT_TRUE(parse_toml("a = 1\nb = = 2\n", "r.toml").error().message.starts_with("r.toml:2: not TOML: "));
  EXPECT_TRUE(parse_toml("a = 1\na = 2\n", "r.toml").error().message.starts_with("r.toml:2: not TOML: "));
  EXPECT_EQ(parse_toml("x = 1\na.b = nan\n", "r.toml").error().message, "r.toml:2: a.b must be a finite number");
  EXPECT_FALSE(parse_toml("a = \"\xff\"", "r.toml"));
  EXPECT_FALSE(parse_toml("a = " + std::string(100000, '['), "r.toml"));
  EXPECT_EQ(parse_toml("ok = 1\n\"a\\nb\" = 1\n", "r.toml").error().message, "r.toml:2: a key with control characters");
  std::string deep = "a";
  for (int i = 0; i < 300; ++i) deep += ".a";
  EXPECT_EQ(parse_toml(deep + " = 1", "r.toml").error().message, "r.toml: nested deeper than 256 levels");
}

TEST(Nearest, SuggestsOnlyMisspellings) {
  const std::vector<std::string> known = {"minutes", "tokens", "steps"};
  EXPECT_EQ(nearest("minuts", known), "minutes");
  EXPECT_EQ(nearest("step", known), "steps");
  EXPECT_EQ(nearest("colour", known), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace persea
