#include "text/jinja.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace persea {
namespace {

const std::string kGolden = std::string(PERSEA_SOURCE_DIR) + "/tests/golden/";

std::string rendered(std::string_view source, std::string_view variables = "{}") {
  const auto chat_template = ChatTemplate::parse(source, "t");
  if (!chat_template) return "refused: " + chat_template.error().message;
  TemplateVariables given;
  if (const Status status = given.add(variables, "v"); !status) return "refused: " + status.error().message;
  const auto text = chat_template->render(given, 1700000000);
  return text ? *text : "failed: " + text.error().message;
}

// What transformers renders (bench/peers/make_jinja_golden.py): whole templates with conversations of many kinds.
TEST(Jinja, RendersConversationsAsTransformersDoes) {
  const auto golden = read_json(kGolden + "jinja.json");
  ASSERT_TRUE(golden.ok()) << golden.error().message;
  for (const Json& one : golden->at("cases")) {
    const std::string name = one.at("template"), conversation = one.at("conversation");
    SCOPED_TRACE(name + ", " + conversation);
    const auto chat_template = ChatTemplate::parse(*read_file(kGolden + "jinja/" + name), name);
    ASSERT_TRUE(chat_template.ok()) << chat_template.error().message;
    TemplateVariables variables;
    const std::string text = golden->at("conversations").at(conversation);
    ASSERT_TRUE(variables.add(text, conversation).ok());
    const auto result = chat_template->render_answers(variables);
    if (one.at("rendered").is_null()) {
      EXPECT_FALSE(result.ok()) << result->text;
      continue;
    }
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(result->text, one.at("rendered").get<std::string>());
    EXPECT_EQ(Json(result->answers), one.value("answers", Json::array()));
  }
}

TEST(Jinja, RendersSnippetsAsTransformersDoes) {
  const auto golden = read_json(kGolden + "jinja.json");
  ASSERT_TRUE(golden.ok()) << golden.error().message;
  const std::string variables = golden->at("variables");
  for (const Json& one : golden->at("snippets")) {
    const std::string source = one.at("source"), text = rendered(source, variables);
    if (one.at("rendered").is_null()) {
      EXPECT_TRUE(text.starts_with("refused: ") || text.starts_with("failed: ")) << source << "\n" << text;
    } else {
      EXPECT_EQ(text, one.at("rendered").get<std::string>()) << source;
    }
  }
}

TEST(Jinja, SaysWhatItRefusesAndWhere) {
  const struct {
    std::string_view source, message;
  } kCases[] = {
      {"a\n{{ x|sparkle }}", "refused: t:2: the filter 'sparkle' is not known or not supported"},
      {"{{ x is sparkly }}", "refused: t:1: the test 'sparkly' is not known or not supported"},
      {"\n\n{% extends 'x' %}", "refused: t:3: the tag 'extends' is not known or not supported here"},
      {"{% for x in y recursive %}{% endfor %}",
       "refused: t:1: recursive loops are not supported; a macro can call itself"},
      {"{% if x %}", "refused: t:1: the template ends before {% endif %}"},
      {"{{ 'x", "refused: t:1: text without its closing '"},
      {"{{ (1 }}", "refused: t:1: unexpected '}', expected ')'"},
      {"{{ 99999999999999999999 }}", "refused: t:1: the number 99999999999999999999 needs more than 64 bits"},
      {"\xff", "refused: t: the template is not UTF-8"},
      {"{% if yes %}{{ 1|sparkle }}{% endif %}", "failed: t:1: the filter 'sparkle' is not known"},
      {"{% if yes is sparkly %}{% endif %}", "failed: t:1: the test 'sparkly' is not known"},
      {"{% if no %}{{ 1|sparkle }}{% endif %}-", "-"},
      {"a\n{{ raise_exception('Turns must alternate') }}", "failed: t:2: Turns must alternate"},
      {"\n{{ nobody.name }}", "failed: t:2: 'nobody' is undefined"},
      {"{{ {'a': 1}.b.c }}", "failed: t:1: a dict has no 'b'"},
      {"{{ 'x'.translate() }}", "failed: t:1: the method translate of str is not supported"},
      {"{{ [1]|map('string') }}", "failed: t:1: a generator cannot be printed; a generator can with |list"},
  };
  for (const auto& one : kCases) EXPECT_EQ(rendered(one.source, "{\"yes\": true}"), one.message) << one.source;
  EXPECT_FALSE(ChatTemplate::parse(std::string(ChatTemplate::kMaxSource + 1, 'x'), "t").ok());
}

TEST(Jinja, EndsWhateverATemplateAsksFor) {
  const auto repeat = [](std::string_view what, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += what;
    return all;
  };
  const std::string kCases[] = {
      "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
      "{% set n = namespace(x=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}",
      "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x == [n.x] "
      "}}{{ n.x|tojson }}",
      "{% set n = namespace() %}{% set n.n = n %}{{ n }}",
      "{{ 'x' * 999999999999 }}",
      "{{ [0] * 999999999 }}",
      "{{ 'x'|center(999999999999) }}",
      "{{ '%999999999d' % 1 }}",
      "{{ [1]|tojson(indent=9999999999) }}",
      "{% set a = 'a' * 1000000 %}{% for i in range(1000) %}{{ a.find('a' * 500000 ~ 'b') }}{% endfor %}",
      "{{ range(9999999999999) }}",
      repeat("{{", 9999),
      "{{ " + repeat("(", 9999) + " }}",
      "{{ " + repeat("[", 9999) + repeat("]", 9999) + " }}",
      "{{ " + repeat("not ", 9999) + "1 }}",
      "{{ " + repeat("-", 9999) + "1 }}",
      "{{ x" + repeat(".y", 9999) + " }}",
      "{{ 1" + repeat("|int", 9999) + " }}",
      "{{ 1" + repeat(" if 1 else 2", 9999) + " }}",
      repeat("{% if 1 %}", 9999) + repeat("{% endif %}", 9999),
  };
  for (const std::string& one : kCases) {
    const std::string text = rendered(one);
    EXPECT_TRUE(text.starts_with("refused: ") || text.starts_with("failed: ")) << one.substr(0, 100) << "\n"
                                                                               << text.substr(0, 100);
  }
  EXPECT_EQ(rendered("{{ 0" + repeat(" + 1", 20000) + " }}"), "20000");
}

TEST(Jinja, KeepsTheOrderOfKeysAndTakesJson) {
  EXPECT_EQ(rendered("{{ x }} {{ x|tojson }}", R"({"x": {"b": 1, "a": 2, "b": 3}})"),
            "{'b': 3, 'a': 2} {\"b\": 3, \"a\": 2}");
  const auto chat_template = ChatTemplate::parse("{{ x|tojson }}{{ now }}", "t");
  ASSERT_TRUE(chat_template.ok());
  EXPECT_EQ(*chat_template->render(Json{{"x", {{"b", 1}, {"a", 2.0}}}}), R"({"a": 2.0, "b": 1})");
  TemplateVariables variables;
  ASSERT_TRUE(variables.set_json("x", R"([{"b":null,"a":[true,"é"]}])", "v").ok());
  ASSERT_TRUE(variables.set("now", "soon").ok());
  EXPECT_EQ(*chat_template->render(variables), R"([{"b": null, "a": [true, "é"]}]soon)");
  for (const std::string_view bad : {"[1]", "{", "{\"a\": 1e}", "{\"a\": 99999999999999999999}"})
    EXPECT_FALSE(variables.add(bad, "v").ok()) << bad;
  EXPECT_FALSE(variables.set_json("x", std::string(300, '[') + std::string(300, ']'), "v").ok());
}

TEST(Jinja, TellsTheTimeItIsGiven) {
  const auto chat_template = ChatTemplate::parse("{{ strftime_now('%Y %m') }}", "t");
  ASSERT_TRUE(chat_template.ok());
  EXPECT_EQ(*chat_template->render(Json::object(), 1700000000), "2023 11");
}

}  // namespace
}  // namespace persea
