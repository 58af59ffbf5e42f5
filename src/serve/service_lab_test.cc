// The page and its routes through the server: who may see the lab, and what a browser is told.
#include "serve/page.h"
#include "serve/service_for_test.h"

namespace persea {
namespace {

TEST_F(ServiceTest, TheLabIsForKeysThatMaySeeIt) {
  start({.require_key = true, .feedback = true});
  const auto usual = keys_.add({.name = "a", .user = "ann"});
  const auto lab = keys_.add({.name = "b", .user = "bob", .scopes = {"lab"}});
  const auto header = [](const std::string& key) { return "Authorization: Bearer " + key + "\r\n"; };
  for (const char* path : {"/lab/artifacts", "/lab/artifacts/model-0a", "/lab/artifacts/model-0a/lineage",
                           "/lab/artifacts/corpus-0a/funnel", "/lab/artifacts/corpus-0a/decisions?limit=3",
                           "/lab/artifacts/corpus-0a/clusters", "/lab/runs", "/lab/runs/model-0a/metrics?after=0"}) {
    EXPECT_EQ(send("GET", path).status, 401) << path;
    EXPECT_EQ(send("GET", path, "", header(usual->key)).status, 403) << path;
    const http::TestReply none = send("GET", path, "", header(lab->key));  // this server has no lab
    EXPECT_EQ(none.status, 404) << path;
    EXPECT_NE(none.body.find("no_lab"), std::string::npos) << none.body;
  }
  const Json about = Json::parse(send("GET", "/about").body);
  EXPECT_EQ(about.at("keys"), true);
  EXPECT_EQ(about.at("feedback"), true);
  EXPECT_EQ(about.at("lab"), false);
  // The figures tell these routes apart.
  EXPECT_NE(send("GET", "/openapi.json").body.find("/lab/artifacts/{artifact}/lineage"), std::string::npos);
  service_->finish();
}

TEST_F(ServiceTest, FiguresNameTheRouteThatAnswered) {
  start();
  (void)send("GET", "/lab/artifacts/model-0a");
  (void)send("GET", "/lab/artifacts/model-0a/lineage");
  const std::string figures = send("GET", "/metrics").body;
  EXPECT_NE(figures.find("endpoint=\"/lab/artifacts/{artifact}\",status=\"404\"} 1"), std::string::npos) << figures;
  EXPECT_NE(figures.find("endpoint=\"/lab/artifacts/{artifact}/lineage\",status=\"404\"} 1"), std::string::npos);
}

TEST_F(ServiceTest, ThePageIsHeldToItsOrigin) {
  start();
  const http::TestReply page = send("GET", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(page.headers.at("content-type").starts_with("text/html"));
  EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
  const std::string policy = page.headers.at("content-security-policy");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  if (page_files().empty()) GTEST_SKIP() << "built without the page";
  EXPECT_EQ(page.headers.at("referrer-policy"), "no-referrer");
  EXPECT_NE(policy.find("script-src 'self'"), std::string::npos);
  for (const http::StaticFile& file : page_files()) {
    const http::TestReply one = send("GET", file.path);
    EXPECT_EQ(one.status, 200) << file.path;
    EXPECT_EQ(one.body, file.bytes) << file.path;
    EXPECT_EQ(send("GET", file.path, "", "If-None-Match: " + one.headers.at("etag") + "\r\n").status, 304);
  }
  EXPECT_EQ(page.body.find("<style"), std::string::npos);
  EXPECT_EQ(page.body.find("http://"), std::string::npos);
  EXPECT_EQ(page.body.find("https://"), std::string::npos);
}

}  // namespace
}  // namespace persea
