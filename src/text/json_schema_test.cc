#include "text/json_schema.h"

#include <gtest/gtest.h>

#include "text/grammar_for_test.h"

namespace persea {
namespace {

struct Case {
  std::string_view schema;
  std::vector<std::string_view> yes, no;
};

void expect(const Case& one) {
  SCOPED_TRACE(one.schema);
  const auto grammar = grammar_from_json_schema(one.schema, "s");
  ASSERT_TRUE(grammar.ok()) << grammar.error().message;
  const GrammarForTest test(*grammar);
  ASSERT_EQ(test.problem, "");
  for (const auto text : one.yes) EXPECT_TRUE(test.matches(text)) << text;
  for (const auto text : one.no) EXPECT_FALSE(test.matches(text)) << text;
}

std::string error_of(std::string_view schema) {
  const auto grammar = grammar_from_json_schema(schema, "s");
  if (!grammar) return grammar.error().message;
  const auto compiled = grammar->compile("s");
  return compiled ? "" : compiled.error().message;
}

TEST(JsonSchema, AnyJson) {
  const GrammarForTest value(grammar_for_json_value()), object(grammar_for_json_object());
  for (const char* text : {"1", "\"a\\u00e9\\n\\/\"", "\"\\ud83d\\ude00\"", "[]", "[1, 2,[3]]", "{}", "null", "-1.5e3",
                           R"({"a": {"b":[true,false]}, "a": 1})", "\"\xf0\x9f\x98\x80\""})
    EXPECT_TRUE(value.matches(text)) << text;
  for (const char* text : {"", " 1", "01", "[1,]", "{\"a\"}", "nul", "\"\n\"", "\"\xff\"", "\"\\ud83d\"", "\"\\ude00\"",
                           "\"\\x\"", "[1  ,2]", "1 ", "\"\xed\xa0\x80\"", "'a'", "{\"a\":1,}", "NaN"})
    EXPECT_FALSE(value.matches(text)) << text;
  EXPECT_TRUE(object.matches(R"({"a": [1]})"));
  EXPECT_FALSE(object.matches("[1]") || object.matches("1"));
}

TEST(JsonSchema, TypesAndValues) {
  expect({"true", {"1", "{}"}, {""}});
  expect({R"({"type": "null"})", {"null"}, {"0", "\"null\""}});
  expect({R"({"type": ["integer", "boolean"]})", {"1", "-3", "true"}, {"1.5", "\"1\"", "1.0"}});
  expect({R"({"type": "number"})", {"1", "1.5", "-2e9"}, {"\"1\""}});
  expect({R"({"type": "string", "nullable": true})", {"null", "\"\""}, {"1"}});
  expect({R"({"enum": [1, 2.50, "a\n\"", null, [1, {"b": true}], "a\n\""]})",
          {"1", "2.5", "\"a\\n\\\"\"", "null", "[1,{\"b\":true}]", "[1, {\"b\": true}]"},
          {"2", "2.50", "\"a\"", "[]"}});
  expect({R"({"const": {"b": 1, "a": 1e3}})", {R"({"b":1,"a":1000})"}, {"{}"}});
  expect({R"({"enum": [1, "a", 7], "type": "integer", "minimum": 2})", {"7"}, {"1", "\"a\""}});
  expect({R"({"title": "t", "description": "d", "default": 3, "examples": [1], "$comment": "c", "x-order": 2,
             "type": "boolean"})",
          {"true"},
          {"1"}});
}

TEST(JsonSchema, Numbers) {
  expect({R"({"type": "integer", "minimum": -5, "maximum": 17})",
          {"-5", "0", "17", "9"},
          {"-6", "18", "-0", "1.0", "007"}});
  expect({R"({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 4.5})", {"1", "4"}, {"0", "5"}});
  expect({R"({"type": "integer", "multipleOf": 7, "minimum": 1})", {"7", "700"}, {"0", "8", "-7"}});
  expect({R"({"type": "number", "minimum": 0.25, "exclusiveMaximum": 1})",
          {"0.25", "0.999", "0.3"},
          {"0.2", "1", "1.0", "0.2499"}});
  expect({R"({"minimum": 3})", {"3", "\"a\"", "null", "4.5"}, {"2", "-3"}});
  expect({R"({"type": "integer", "maximum": 98249283749234923498293171823948729348710298301928331,
             "minimum": 98249283749234923498293171823948729348710298301928329})",
          {"98249283749234923498293171823948729348710298301928330"},
          {"98249283749234923498293171823948729348710298301928332", "5"}});
}

TEST(JsonSchema, Strings) {
  expect({R"({"type": "string", "minLength": 2, "maxLength": 3})",
          {"\"ab\"", "\"\xc3\xa9\xf0\x9f\x98\x80\\n\""},
          {"\"a\"", "\"abcd\"", "\"\""}});
  expect({R"({"type": "string", "pattern": "^[a-z]+$", "maxLength": 2})",
          {"\"a\"", "\"zz\""},
          {"\"\"", "\"abc\"", "\"A\""}});
  expect({R"({"type": "string", "pattern": "b"})", {"\"abc\"", "\"b\""}, {"\"\"", "\"ac\"", "\"\\u0062\""}});
  expect({R"({"type": "string", "format": "date"})", {"\"2024-02-29\""}, {"\"2023-02-29\""}});
  expect({R"({"pattern": "^a$", "allOf": [{"minLength": 1}, {"not": {"const": "a"}}]})", {"1"}, {"\"a\"", "\"b\""}});
}

TEST(JsonSchema, Objects) {
  expect({R"({"type": "object", "properties": {"b": {"type": "integer"}, "a": {"type": "string"}, "c": {}},
             "required": ["a"], "additionalProperties": false})",
          {R"({"b": 1, "a": "x", "c": [1]})", R"({"a":"x"})", R"({"a":"x","c":null})"},
          {"{}", R"({"a": "x", "b": 1})", R"({"b":1})", R"({"a":"x","d":1})", R"({"a":"x",})", R"({,"a":"x"})"}});
  expect(
      {R"({"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "boolean"}})",
       {"{}", R"({"a":1,"b":true})", R"({"zz": false, "aa": true})"},
       {R"({"b":1})", R"({"b":true,"a":1})", R"({"a":true})", R"({"b":true,"a":true})", R"({"\u0061":true})"}});
  expect({R"({"properties": {"a": false}, "required": ["b"]})",
          {"[]", R"({"b":1})", R"({"b":1,"c":{}})"},
          {"{}", R"({"b":1,"a":1})"}});
  expect({R"({"type": "object", "patternProperties": {"^x": {"type": "integer"}, "y$": {"minimum": 5}},
             "additionalProperties": false})",
          {"{}", R"({"x":1})", R"({"ay":7,"xy":6})", R"({"ay":"s"})"},
          {R"({"x":"s"})", R"({"xy":4})", R"({"z":1})", R"({"xy":5.5})"}});
  expect({R"({"type": "object", "propertyNames": {"pattern": "^[ab]$"}, "maxProperties": 2, "minProperties": 1,
             "properties": {"a": {}, "c": {}}})",
          {R"({"a":1})", R"({"b":1})", R"({"a":1,"b":2})"},
          {"{}", R"({"c":1})", R"({"a":1,"b":2,"b":3})"}});
  expect(
      {R"({"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "minProperties": 2, "additionalProperties": false})",
       {R"({"a":1,"c":2})", R"({"a":1,"b":1,"c":2})"},
       {"{}", R"({"b":1})"}});
  expect({R"({"dependentRequired": {"a": ["b"]}, "properties": {"a": {}, "b": {}}, "type": "object"})",
          {"{}", R"({"a":1,"b":2})", R"({"b":2,"c":1})"},
          {R"({"a":1})", R"({"a":1,"c":1})"}});
}

TEST(JsonSchema, Arrays) {
  expect({R"({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3})",
          {"[1]", "[1, 2,3]"},
          {"[]", "[1,2,3,4]", "[\"a\"]"}});
  expect({R"({"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false})",
          {"[]", "[1]", "[1,\"a\"]", "{}"},
          {"[1,\"a\",2]", "[\"a\"]"}});
  expect({R"({"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "boolean"}, "minItems": 3})",
          {"[1,true,false]", "[1,true,true,true]"},
          {"[1,true]", "[1,true,1]"}});
  expect(
      {R"({"type": "array", "contains": {"const": 5}, "minContains": 2, "maxContains": 2, "items": {"type": "integer"}})",
       {"[5,5]", "[1,5,2,5]"},
       {"[]", "[5]", "[5,5,5]", "[5,\"a\",5]"}});
  expect({R"({"type": "array", "uniqueItems": true, "maxItems": 1})", {"[]", "[1]"}, {"[1,1]"}});
  expect({R"({"type": "array", "maxItems": 0})", {"[]"}, {"[1]"}});
}

TEST(JsonSchema, Combinations) {
  expect(
      {R"({"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 1}]})", {"1", "\"a\""}, {"\"ab\"", "null"}});
  expect({R"({"oneOf": [{"type": "integer"}, {"minimum": 2}]})", {"1", "2.5", "\"a\"", "null"}, {"3", "1.5"}});
  expect({R"({"oneOf": [{"properties": {"kind": {"const": "a"}, "n": {"type": "integer"}}, "required": ["kind"]},
                        {"properties": {"kind": {"const": "b"}, "s": {"type": "string"}}, "required": ["kind"]}],
             "type": "object"})",
          {R"({"kind":"a","n":1})", R"({"kind":"b","s":"x"})", R"({"kind":"a","z":1})"},
          {R"({"kind":"c"})", R"({"kind":"a","n":"x"})", "{}"}});
  expect(
      {R"({"allOf": [{"properties": {"a": {"minimum": 1}}, "required": ["a"]}, {"properties": {"a": {"type": "integer", "maximum": 3}, "b": {}}}], "type": "object"})",
       {R"({"a":2})", R"({"a":3,"b":1})"},
       {R"({"a":0})", R"({"a":2.5})", R"({"b":1})"}});
  expect({R"({"not": {"type": ["integer", "object"]}, "maximum": 10})",
          {"1.5", "\"\"", "[]"},
          {"1", "{}", "11.5", "2.0"}});
  expect({R"({"not": {"enum": ["a", 3, null]}, "type": ["string", "integer", "null"]})",
          {"\"b\"", "4", "\"\"", "\"aa\""},
          {"\"a\"", "3", "null"}});
  expect(
      {R"({"if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"required": ["x"]}, "else": {"properties": {"x": false}},
             "properties": {"k": {"type": "integer"}, "x": {}}, "type": "object"})",
       {R"({"k":1,"x":2})", R"({"k":2})", "{}", R"({"k":2,"z":1})"},
       {R"({"k":1})", R"({"k":2,"x":1})", R"({"x":1})"}});
  expect({R"({"not": {"properties": {"a": {"type": "integer"}}, "required": ["a"]}, "type": "object"})",
          {"{}", R"({"a":"x"})", R"({"b":1})"},
          {R"({"a":1})"}});
  expect({R"({"not": {"items": {"type": "integer"}}, "type": "array"})", {"[\"a\"]", "[1,null]"}, {"[]", "[1]"}});
  expect({R"({"not": {"not": {"type": "null"}}})", {"null"}, {"1"}});
}

TEST(JsonSchema, WhatIsLeft) {
  expect(
      {R"({"type": "object", "allOf": [{"properties": {"a": {}}, "patternProperties": {"^p": {}}}], "properties": {"b": {}},
             "unevaluatedProperties": {"type": "integer"}})",
       {"{}", R"({"b":"y","a":"x"})", R"({"a":"x","pq":null,"c":1})"},
       {R"({"c":"x"})"}});
  expect({R"({"type": "object", "anyOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}}],
             "unevaluatedProperties": false})",
          {"{}", R"({"a":1})", R"({"b":1})"},
          {R"({"c":1})", R"({"a":1,"c":1})"}});
  expect(
      {R"({"allOf": [{"prefixItems": [{"type": "null"}]}], "unevaluatedItems": {"type": "integer"}, "type": "array"})",
       {"[]", "[null]", "[null,1,2]"},
       {"[1]", "[null,null]"}});
}

TEST(JsonSchema, References) {
  expect({R"({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {"v": {"type": "integer"},
             "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}, "required": ["v", "next"], "additionalProperties": false}}})",
          {R"({"v":1,"next":null})", R"({"v":1,"next":{"v":2,"next":null}})"},
          {R"({"v":1,"next":{"v":2}})", R"({"v":1})"}});
  expect(
      {R"({"properties": {"a/b": {"type": "integer"}, "c": {"$ref": "#/properties/a~1b"}}, "type": "object", "additionalProperties": false})",
       {R"({"c":1})"},
       {R"({"c":"x"})"}});
  expect({R"({"$defs": {"x": {"$anchor": "here", "type": "null"}}, "$ref": "#here"})", {"null"}, {"1"}});
  expect(
      {R"({"$id": "http://h/a/root.json", "$defs": {"x": {"$id": "b/other.json", "$defs": {"y": {"type": "null"}}, "items": {"$ref": "#/$defs/y"}}},
             "$ref": "b/other.json", "type": "array"})",
       {"[null]"},
       {"[1]"}});
  expect({R"({"type": "array", "items": {"$ref": "#"}})", {"[]", "[[],[[]]]"}, {"[1]"}});
}

TEST(JsonSchema, WhatCannotBeHonouredIsAnErrorThatNamesItsPlace) {
  EXPECT_EQ(error_of(R"({"properties": {"a": {"type": "array", "uniqueItems": true}}})"),
            "s: #/properties/a/uniqueItems: is not supported where there may be two items");
  EXPECT_EQ(
      error_of(R"({"$defs": {"a": {"maxlength": 3}}})"),
      "s: #/$defs/a/maxlength: unknown keyword: did you mean maxLength; one that means nothing here may begin with x-");
  EXPECT_EQ(error_of(R"({"anyOf": [{"$dynamicRef": "#a"}]})"), "s: #/anyOf/0/$dynamicRef: is not supported");
  EXPECT_EQ(error_of(R"s({"items": {"pattern": "(?=a)"}})s"),
            "s: #/items/pattern: looking ahead or behind, (?=, is not supported");
  EXPECT_EQ(error_of(R"({"type": "string", "format": "iri"})"), "s: #/format: the format \"iri\" is not supported");
  EXPECT_EQ(error_of(R"({"type": "strin"})"),
            "s: #/type: must be null, boolean, integer, number, string, array or object, or a list of them");
  EXPECT_EQ(error_of(R"({"required": [1]})"), "s: #/required: must be a list of strings");
  EXPECT_EQ(error_of(R"({"minLength": -1})"), "s: #/minLength: must be an integer from 0 to 2147483647");
  EXPECT_EQ(error_of(R"({"properties": {"a": 1}})"), "s: #/properties: must be an object of schemas");
  EXPECT_EQ(error_of(R"({"$ref": "#/$defs/a"})"), "s: #/$ref: there is nothing at #/$defs/a");
  EXPECT_EQ(error_of(R"({"$ref": "http://x/y"})"),
            "s: #/$ref: leads out of the schema, to http://x/y; nothing is fetched");
  EXPECT_EQ(error_of(R"({"$ref": "#"})"), "s: #: refers to itself without going into a value");
  EXPECT_EQ(error_of(R"({"anyOf": [{"$ref": "#"}, {"type": "null"}]})"),
            "s: #: refers to itself without going into a value");
  EXPECT_EQ(error_of(R"({"not": {"additionalProperties": false}})"),
            "s: #/not/additionalProperties: is not supported where it must not hold");
  EXPECT_EQ(error_of(R"({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3})"),
            "s: #: minProperties: more than 1 cannot be counted where keys are free");
  EXPECT_EQ(error_of("false"), "s: # matches no text at all");
  EXPECT_EQ(error_of(R"({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]})"),
            "s: # matches no text at all");
  EXPECT_EQ(error_of("[]"), "s: a schema must be an object, true or false");
  EXPECT_EQ(error_of("{"), "s: not JSON at byte 2");
  EXPECT_EQ(error_of(R"({"type": "null", "type": "string"})"), "s: the key \"type\" stands twice");
  EXPECT_EQ(error_of(R"s({"type": "integer", "pattern": "(?=a)"})s"), "");  // integers do not mind
  EXPECT_NE(error_of(R"({"type": "string", "maxLength": 1000000})"), "");
  EXPECT_EQ(error_of(R"({"uniqueItems": true})").substr(0, 16), "s: #/uniqueItems");
}

TEST(JsonSchema, WhatIsWrittenCanBeRead) {
  const auto vocabulary =
      vocabulary_for_test({"\": ", "\", \"", "{\"", "\"}", "},", "]}", "ab", "\xc3\xa9", "\\u00", "12"});
  Random random(5);
  for (const char* schema :
       {R"({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "number"}, "maxItems": 3},
                                 "b": {"type": "string", "maxLength": 5}}, "required": ["a"]})",
        R"({"type": "array", "items": {"anyOf": [{"$ref": "#"}, {"type": "integer"}]}, "maxItems": 3})", "true"}) {
    const GrammarForTest test(*grammar_from_json_schema(schema, "s"), vocabulary);
    ASSERT_EQ(test.problem, "");
    for (int i = 0; i < 20; ++i) {
      bool complete = false;
      const std::string text = test.walk(random, 30, complete);
      if (!complete) continue;
      EXPECT_TRUE(parse_json(text, "walk").ok()) << text;
    }
  }
}

}  // namespace
}  // namespace persea
