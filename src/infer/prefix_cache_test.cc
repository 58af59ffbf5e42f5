#include "infer/prefix_cache.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/random.h"

namespace persea {
namespace {

constexpr int64_t kPage = KvPool::kTokens;

class Prefixes : public testing::Test {
 protected:
  Prefixes() {
    config_.vocab = 61, config_.dim = 48, config_.layers = 1, config_.heads = 1, config_.kv_heads = 1;
    config_.head_dim = 12, config_.hidden = 8, config_.context = 10000;
    pool_ = std::make_shared<KvPool>(config_, 20 * kPage);
    index_ = std::make_unique<PrefixCache>(pool_);
  }
  static std::vector<int32_t> text(int64_t count, int32_t from) {
    std::vector<int32_t> tokens(static_cast<size_t>(count));
    std::iota(tokens.begin(), tokens.end(), from);
    return tokens;
  }
  // A cache that holds `tokens`, begun with what is known of them. Each place is marked with its token.
  KvCache cache_of(const std::vector<int32_t>& tokens) {
    KvCache cache(pool_, config_.context);
    const auto match = index_->find("a", tokens);
    cache.adopt(match.pages, match.tokens);
    const int64_t known = cache.size();
    while (!cache.reserve(static_cast<int64_t>(tokens.size())))
      if (!index_->evict()) throw std::runtime_error("full");
    for (int64_t i = known; i < static_cast<int64_t>(tokens.size()); ++i)
      mark(cache, i) = tokens[static_cast<size_t>(i)];
    cache.set_size(static_cast<int64_t>(tokens.size()));
    return cache;
  }
  int32_t& mark(const KvCache& cache, int64_t place) {
    return reinterpret_cast<int32_t*>(pool_->data(cache.pages()[static_cast<size_t>(place / kPage)]))[place % kPage];
  }
  void leave(const std::vector<int32_t>& tokens) {
    KvCache cache = cache_of(tokens);
    index_->insert("a", tokens, cache, true);
  }
  ModelConfig config_;
  std::shared_ptr<KvPool> pool_;
  std::unique_ptr<PrefixCache> index_;
};

TEST_F(Prefixes, ClientsSeeTheirOwnAlone) {
  leave(text(100, 0));
  EXPECT_EQ(index_->find("a", text(100, 0)).tokens, 100);
  EXPECT_EQ(index_->find("b", text(100, 0)).tokens, 0);
  EXPECT_EQ(index_->find("", text(100, 0)).tokens, 0);
}

TEST_F(Prefixes, FindsTheLongestBeginning) {
  EXPECT_EQ(index_->find("a", text(100, 0)).tokens, 0);
  leave(text(2 * kPage + 10, 0));
  EXPECT_EQ(index_->pages(), 3);
  EXPECT_EQ(index_->find("a", text(1000, 0)).tokens, 2 * kPage + 10);
  EXPECT_EQ(index_->find("a", text(kPage + 7, 0)).tokens, kPage + 7) << "a part of a page";
  EXPECT_EQ(index_->find("a", text(100, 1)).tokens, 0);
  auto other = text(3 * kPage, 0);
  other[static_cast<size_t>(kPage + 20)] = -1;
  EXPECT_EQ(index_->find("a", other).tokens, kPage + 20);
  leave(other);
  EXPECT_EQ(index_->find("a", other).tokens, 3 * kPage);
  EXPECT_EQ(index_->find("a", text(1000, 0)).tokens, 2 * kPage + 10);
  other[static_cast<size_t>(kPage + 2)] = -1;
  EXPECT_EQ(index_->find("a", other).tokens, kPage + 2);
}

TEST_F(Prefixes, MakesTwoCopiesOne) {
  const auto tokens = text(2 * kPage, 0);
  KvCache first(pool_, 10000), second(pool_, 10000);
  for (KvCache* cache : {&first, &second}) {
    ASSERT_TRUE(cache->reserve(2 * kPage));
    cache->set_size(2 * kPage);
  }
  EXPECT_EQ(pool_->used(), 4);
  index_->insert("a", tokens, first, true);
  index_->insert("a", tokens, second, true);
  EXPECT_EQ(pool_->used(), 2);
  EXPECT_EQ(first.pages()[1], second.pages()[1]);
}

TEST_F(Prefixes, ALongerPageTakesThePlaceOfItsBeginning) {
  leave(text(kPage + 10, 0));
  leave(text(kPage + 20, 0));
  EXPECT_EQ(index_->pages(), 2);
  EXPECT_EQ(pool_->used(), 2);
  leave(text(kPage + 10, 0));
  EXPECT_EQ(index_->pages(), 2) << "nothing new";
  EXPECT_EQ(index_->find("a", text(1000, 0)).tokens, kPage + 20);
}

TEST_F(Prefixes, WhatIsUnusedTheLongestGoesFirst) {
  leave(text(2 * kPage, 0));
  leave(text(2 * kPage, 1000));
  leave(text(2 * kPage, 2000));
  (void)index_->find("a", text(2 * kPage, 0));
  const KvCache used = cache_of(text(kPage, 2000));
  EXPECT_EQ(pool_->idle(), 5);
  ASSERT_TRUE(index_->evict());
  EXPECT_EQ(index_->find("a", text(2 * kPage, 1000)).tokens, kPage) << "its end went first";
  (void)index_->find("a", text(2 * kPage, 2000));
  ASSERT_TRUE(index_->evict());
  EXPECT_EQ(index_->find("a", text(2 * kPage, 0)).tokens, kPage);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(index_->evict());
  EXPECT_FALSE(index_->evict()) << "the page that is in use stays";
  EXPECT_EQ(index_->find("a", text(2 * kPage, 2000)).tokens, kPage);
  EXPECT_EQ(pool_->used(), 1);
}

// Texts over few tokens, so that they begin alike in every way, in a pool that is always full.
TEST_F(Prefixes, NeverGivesWhatAnotherTextHasLeft) {
  Random random(7);
  for (int round = 0; round < 400; ++round) {
    std::vector<int32_t> tokens;
    const auto length = 1 + random.below(static_cast<uint64_t>(5 * kPage));
    while (tokens.size() < length)
      tokens.insert(tokens.end(), 1 + random.below(40), static_cast<int32_t>(random.below(2)));
    tokens.resize(length);
    KvCache cache = cache_of(tokens);
    for (size_t i = 0; i < tokens.size(); ++i) ASSERT_EQ(mark(cache, static_cast<int64_t>(i)), tokens[i]) << i;
    index_->insert("a", tokens, cache, random.chance(0.7));
    for (size_t i = 0; i < tokens.size(); ++i) ASSERT_EQ(mark(cache, static_cast<int64_t>(i)), tokens[i]) << i;
  }
  EXPECT_EQ(pool_->used(), pool_->idle());
  EXPECT_EQ(index_->pages(), pool_->used());
  while (index_->evict()) {
  }
  EXPECT_EQ(pool_->used(), 0);
}

}  // namespace
}  // namespace persea
