#include "http/url.h"

#include <gtest/gtest.h>

namespace persea::http {
namespace {

TEST(Url, PercentDecoding) {
  EXPECT_EQ(*percent_decode(""), "");
  EXPECT_EQ(*percent_decode("a%20b%2fc%2F%c3%a9+"), "a b/c/\xc3\xa9+");
  for (const char* wrong : {"%", "%4", "a%", "%g1", "%1g", "%%41", "%-1", "% 1"}) {
    EXPECT_FALSE(percent_decode(wrong).ok()) << wrong;
  }
}

TEST(Url, Forms) {
  EXPECT_EQ(*parse_form(""), Fields());
  EXPECT_EQ(*parse_form("a=1&b=x+y&&c&=d&e=f%3D%26=g&a=2"),
            (Fields{{"a", "1"}, {"b", "x y"}, {"c", ""}, {"", "d"}, {"e", "f=&=g"}, {"a", "2"}}));
  EXPECT_FALSE(parse_form("a=%").ok());
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a=1&";
  EXPECT_EQ(parse_form(many)->size(), 1000u);
  EXPECT_FALSE(parse_form(many + "a=1").ok());
}

TEST(Url, TargetsHaveOneNormalForm) {
  const std::pair<const char*, const char*> cases[] = {
      {"/", "/"},
      {"//", "/"},
      {"/v1/models", "/v1/models"},
      {"/v1//models/", "/v1/models"},
      {"/v1/./models/../chat", "/v1/chat"},
      {"/a/%2e%2E/b", "/b"},
      {"/models/org%2Fname", "/models/org/name"},
      {"/a%20b?c=/../..", "/a b"},
      {"/a/...", "/a/..."},
      {"http://localhost:8080/a?b=1", "/a"},
      {"https://x/a", "/a"},
      {"/?", "/"},
  };
  for (const auto& [target, path] : cases) {
    const auto parsed = parse_target(target);
    ASSERT_TRUE(parsed.ok()) << target << ": " << parsed.error().message;
    EXPECT_EQ(parsed->path(), path) << target;
  }
  EXPECT_EQ(parse_target("/models/org%2Fname")->segments.size(), 2u);
  EXPECT_EQ(parse_target("/a?b=1&c=%20")->query, (Fields{{"b", "1"}, {"c", " "}}));
}

TEST(Url, WhatCouldMeanTwoThingsIsRefused) {
  for (const char* wrong : {"",
                            "a",
                            "*",
                            "localhost:80",
                            "/..",
                            "/a/../..",
                            "/%2e%2e",
                            "/%2e%2e/etc/passwd",
                            "/a%00b",
                            "/a%0d%0ab",
                            "/%7f",
                            "/%",
                            "/a%2",
                            "/..%2f..%2fetc",
                            "/a/x%2f..%2fy",
                            "/%2e%2fx",
                            "/a#b",
                            "/a?b=%zz",
                            "http://host",
                            "http://host?a",
                            "ftp://host/a"}) {
    EXPECT_FALSE(parse_target(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace persea::http
