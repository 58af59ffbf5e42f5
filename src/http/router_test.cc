#include "http/router.h"

#include <gtest/gtest.h>

namespace persea::http {
namespace {

TEST(Router, MatchesMethodAndPath) {
  Router router;
  std::string called;
  const auto name = [&](const std::string& n) { return [&called, n](const Request&, const Reply&) { called = n; }; };
  router.get("/", name("root"));
  router.get("/files/{path...}", name("tail"));
  router.get("/v1/models/{id}", name("model"));
  router.add("DELETE", "/v1/models/{id}", name("delete"));
  router.get("/v1/models/list", name("list"));
  router.get("/v1/models", name("models"));
  router.post("/v1/{what}/{id}/run", name("run"));
  router.add("PUT", "/big", name("big"), 1 << 30);

  const auto match = [&](std::string_view method, std::string_view target) {
    const auto found = router.match(method, parse_target(target)->segments);
    std::string text;
    for (const std::string& allowed : found.allowed) text += " " + allowed;
    if (!found.handler) return (found.allowed.empty() ? "404" : "405") + text;
    (*found.handler)({}, Reply(nullptr));
    for (const auto& [key, value] : found.parameters) text += " " + key + "=" + value;
    return called + text;
  };
  EXPECT_EQ(match("GET", "/"), "root");
  EXPECT_EQ(match("GET", "/v1/models/"), "models");
  EXPECT_EQ(match("GET", "/v1/models/list"), "list");
  EXPECT_EQ(match("GET", "/v1/models/a%20b"), "model id=a b");
  EXPECT_EQ(match("GET", "/v1/models/org%2Fname"), "model id=org/name");
  EXPECT_EQ(match("DELETE", "/v1/models/list"), "delete id=list");
  EXPECT_EQ(match("HEAD", "/v1/models/x"), "model id=x");
  EXPECT_EQ(match("POST", "/v1/a/b/run"), "run what=a id=b");
  EXPECT_EQ(match("GET", "/files/a/b/c.js"), "tail path=a/b/c.js");
  EXPECT_EQ(match("GET", "/files"), "404");
  EXPECT_EQ(match("GET", "/v1"), "404");
  EXPECT_EQ(match("get", "/v1/models"), "405 GET HEAD OPTIONS");
  EXPECT_EQ(match("POST", "/v1/models/x"), "405 DELETE GET HEAD OPTIONS");
  EXPECT_EQ(match("GET", "/v1/a/b/run"), "405 OPTIONS POST");
  EXPECT_EQ(*router.match("PUT", parse_target("/big")->segments).body_bytes, size_t{1} << 30);
  EXPECT_FALSE(router.match("GET", {}).body_bytes);
}

TEST(Router, RefusesWhatIsNoRoute) {
  Router router;
  const Handler handler = [](const Request&, const Reply&) {};
  router.get("/a/{b}", handler);
  router.post("/a/{b}", handler);
  EXPECT_THROW(router.get("/a/{c}", handler), std::logic_error);  // the same paths
  for (const char* wrong : {"", "a", "/a//b", "/{}", "/{...}", "/{a}/{a}", "/{a...}/b", "/x{a}", "/{a", "/a}"}) {
    EXPECT_THROW(router.get(wrong, handler), std::logic_error) << wrong;
  }
  EXPECT_THROW(router.get("/b", nullptr), std::logic_error);
}

}  // namespace
}  // namespace persea::http
