// A curated corpus as the page asks for it.
#include <mutex>

#include "data/curation/lab_for_test.h"
#include "serve/lab_view.h"

namespace persea {
namespace {

class LabCorpus : public curation::CuratedLab {
 protected:
  static Json good(const LabView::Shown& shown) {
    const auto* error = std::get_if<http::ApiError>(&shown);
    EXPECT_EQ(error, nullptr) << error->message;
    return error ? Json() : std::get<Json>(shown);
  }
  static int status(const LabView::Shown& shown) {
    const auto* error = std::get_if<http::ApiError>(&shown);
    return error ? error->status : 200;
  }

  const Artifact corpus_ = curate();
  Lab lab_ = lab();
  std::mutex mutex_;
  LabView view_{&lab_, mutex_};
};

TEST_F(LabCorpus, TheFunnelHasTheStepsInOrder) {
  const Json funnel = good(view_.funnel(corpus_.id));
  EXPECT_EQ(funnel.at("all").at("read").at("documents"), 56);
  const Json& dropped = funnel.at("all").at("dropped");
  ASSERT_EQ(dropped.size(), 2U);
  EXPECT_EQ(dropped[0].at("step"), "gopher-quality");
  EXPECT_EQ(dropped[0].at("reasons")[0].at("reason"), "gopher_short_doc");
  EXPECT_EQ(dropped[1].at("step"), "exact");
  EXPECT_EQ(dropped[1].at("documents"), 3);
  EXPECT_EQ(funnel.at("all").at("changed")[0].at("reasons")[0].at("reason"), "email");
  EXPECT_EQ(funnel.at("all").at("skipped")[0].at("reason"), "is no JSON");
  ASSERT_EQ(funnel.at("sources").size(), 2U);
  EXPECT_EQ(funnel.at("sources")[0].at("licence"), "CC0");
  EXPECT_EQ(funnel.at("sources")[1].at("dropped")[0].at("documents"), 3);
  EXPECT_FALSE(funnel.at("sources")[1].at("dropped")[0].contains("reasons")) << "bounded";
  EXPECT_EQ(funnel.at("corpus").at("documents"), 52);
}

TEST_F(LabCorpus, DecisionsAreDrawnByLot) {
  const auto draw = [&](const http::Fields& query) { return good(view_.decisions(corpus_.id, query)).at("data"); };
  const Json dropped = draw({{"step", "gopher-quality"}, {"reason", "gopher_short_doc"}});
  ASSERT_EQ(dropped.size(), 1U);
  EXPECT_EQ(dropped[0].at("excerpt"), "Too short.");
  EXPECT_EQ(dropped[0].at("mark"), Json({0, 10}));
  const Json changed = draw({{"verdict", "change"}});
  ASSERT_EQ(changed.size(), 1U);
  const auto excerpt = changed[0].at("excerpt").get<std::string>();
  const auto begin = changed[0].at("mark")[0].get<size_t>(), end = changed[0].at("mark")[1].get<size_t>();
  EXPECT_EQ(excerpt.substr(begin, end - begin), "jane.doe@example.org");
  const Json kept = draw({{"verdict", "keep"}, {"source", "forum"}, {"limit", "50"}});
  EXPECT_EQ(kept.size(), 13U);
  EXPECT_EQ(kept[0].at("verdict"), "keep");
  EXPECT_EQ(draw({{"limit", "2"}}).size(), 2U);
  EXPECT_EQ(draw({{"limit", "2"}, {"seed", "4"}}), draw({{"limit", "2"}, {"seed", "4"}}));
  EXPECT_TRUE(draw({{"step", "\"}"}}).empty());
  for (const char* limit : {"0", "51", "-1", "x"})
    EXPECT_EQ(status(view_.decisions(corpus_.id, {{"limit", limit}})), 400) << limit;
  EXPECT_EQ(status(view_.decisions(corpus_.id, {{"seed", "x"}})), 400);
}

TEST_F(LabCorpus, ClustersOfCopies) {
  const Json found = good(view_.clusters(corpus_.id, {{"limit", "1"}}));
  EXPECT_EQ(found.at("clusters"), 2);
  EXPECT_EQ(found.at("copies"), 3);
  ASSERT_EQ(found.at("largest").size(), 1U);
  EXPECT_EQ(found.at("largest")[0].at("members").size(), 2U);
  EXPECT_TRUE(found.at("altered").is_null());
  EXPECT_EQ(status(view_.clusters(corpus_.id, {{"limit", "99"}})), 400);
}

TEST_F(LabCorpus, OnlyOfWhatWasCurated) {
  const auto made = lab_.run({"corpus", 1, {{"x", 1}}, {}},
                             [](StageContext& context) { return write_file(context.out() / "text.bin", "x"); });
  ASSERT_TRUE(made.ok());
  for (const std::string& id :
       {made->artifact.id, std::string("corpus-0a"), std::string("corpus"), std::string("../x")}) {
    EXPECT_EQ(status(view_.funnel(id)), 404) << id;
    EXPECT_EQ(status(view_.decisions(id, {})), 404) << id;
    EXPECT_EQ(status(view_.clusters(id, {})), 404) << id;
  }
  fs::permissions(corpus_.file("funnel.json"), fs::perms::owner_all);
  ASSERT_TRUE(write_file(corpus_.file("funnel.json"), "{}").ok());
  EXPECT_EQ(status(view_.funnel(corpus_.id)), 500);
  LabView none(nullptr, mutex_);
  EXPECT_EQ(status(none.funnel(corpus_.id)), 404);
}

}  // namespace
}  // namespace persea
