#include "infer/kv_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace persea {
namespace {

constexpr int64_t kPage = KvPool::kTokens;

ModelConfig small() {
  ModelConfig config;
  config.vocab = 61, config.dim = 48, config.layers = 2, config.heads = 4, config.kv_heads = 2, config.head_dim = 12;
  config.hidden = 80, config.context = 700;
  return config;
}

TEST(KvPool, CountsUsersAndKeepsItsBound) {
  KvPool pool(small(), 3 * kPage - 1);
  EXPECT_EQ(pool.pages(), 3);
  EXPECT_EQ(pool.bytes_of_page(), 2 * 2 * kPage * (12 + 16) * 4) << "2 layers, 2 heads, keys and padded values";
  const auto a = pool.take(), b = pool.take(), c = pool.take();
  ASSERT_TRUE(a && b && c);
  EXPECT_NE(*a, *b);
  EXPECT_NE(pool.data(*a), pool.data(*b));
  EXPECT_FALSE(pool.take());
  pool.share(*b);
  pool.give(*b);
  EXPECT_FALSE(pool.take()) << "somebody still has it";
  pool.give(*b);
  EXPECT_EQ(pool.take(), b);
  EXPECT_THROW((pool.give(*a), pool.give(*a)), std::logic_error);
  EXPECT_THROW(pool.share(*a), std::logic_error);
}

TEST(KvPool, TakesMemoryForPagesThatAreNotThereYet) {
  constexpr int64_t kPages = 1500;  // more than come at once where nobody asks
  for (const int64_t pages : {0, 1, 700, 1500, 9999}) {
    for (const bool begun : {false, true}) {
      KvPool pool(small(), kPages * kPage);
      std::set<std::byte*> places;
      if (begun) places.insert(pool.data(*pool.take()));
      pool.take_memory(pages * pool.bytes_of_page());
      while (const auto page = pool.take()) {
        std::byte* data = pool.data(*page);
        EXPECT_TRUE(places.insert(data).second);
        std::fill_n(data, pool.bytes_of_page(), std::byte{1});
      }
      ASSERT_EQ(places.size(), static_cast<size_t>(kPages)) << pages;
      for (auto place = places.begin(), next = std::next(place); next != places.end(); place = next++)
        ASSERT_GE(*next - *place, pool.bytes_of_page()) << "pages lie apart";
    }
  }
}

TEST(KvPool, KnowsWhatIsOnlyKept) {
  KvPool pool(small(), 4 * kPage);
  const auto page = pool.take();
  EXPECT_EQ(pool.room(), 3);
  pool.share(*page);
  pool.set_kept(*page, true);
  EXPECT_EQ(pool.idle(), 0);
  pool.give(*page);
  EXPECT_EQ(pool.idle(), 1);
  EXPECT_EQ(pool.room(), 4);
  pool.share(*page);
  EXPECT_EQ(pool.room(), 3);
  pool.give(*page);
  EXPECT_THROW(pool.give(*page), std::logic_error) << "its keeper has it";
}

TEST(KvCache, GrowsAndShrinksByPages) {
  const auto pool = std::make_shared<KvPool>(small(), 4 * kPage);
  KvCache cache(pool, 700);
  ASSERT_TRUE(cache.reserve(kPage + 1));
  cache.set_size(kPage + 1);
  EXPECT_EQ(pool->used(), 2);
  EXPECT_EQ(cache.bytes(), 2 * pool->bytes_of_page());
  cache.truncate(kPage);
  EXPECT_EQ(pool->used(), 1);
  EXPECT_FALSE(cache.reserve(5 * kPage)) << "more than there are";
  cache.truncate(kPage);
  EXPECT_EQ(pool->used(), 1) << "what it got of them it gives back";
  EXPECT_THROW((void)cache.reserve(701), std::logic_error);
  EXPECT_THROW(cache.truncate(kPage + 1), std::logic_error);
  KvCache moved = std::move(cache);
  EXPECT_EQ(moved.size(), kPage);
  EXPECT_EQ(pool->used(), 1);
  moved = KvCache(pool, 700);
  EXPECT_EQ(pool->used(), 0);
}

TEST(KvCache, CopiesAPageThatOthersHaveBeforeItWrites) {
  const auto pool = std::make_shared<KvPool>(small(), 4 * kPage);
  KvCache first(pool, 700);
  ASSERT_TRUE(first.reserve(kPage + 3));
  first.set_size(kPage + 3);
  std::fill_n(pool->data(first.pages()[1]), pool->bytes_of_page(), std::byte{7});
  KvCache second = first;
  EXPECT_EQ(pool->used(), 2);
  ASSERT_TRUE(second.reserve(kPage + 3)) << "nothing to be written";
  EXPECT_EQ(pool->used(), 2);
  ASSERT_TRUE(second.reserve(kPage + 4));
  EXPECT_EQ(pool->used(), 3);
  EXPECT_EQ(second.pages()[0], first.pages()[0]) << "a full page is never written";
  EXPECT_NE(second.pages()[1], first.pages()[1]);
  EXPECT_EQ(pool->data(second.pages()[1])[pool->bytes_of_page() - 1], std::byte{7});
  EXPECT_EQ(second.block(1).pages[1], pool->data(second.pages()[1]));

  KvCache third = first;
  const auto last = pool->take();
  ASSERT_TRUE(last);
  EXPECT_FALSE(third.reserve(kPage + 4)) << "no page for the copy";
  EXPECT_EQ(third.size(), kPage + 3);
  pool->give(*last);
  EXPECT_TRUE(third.reserve(kPage + 4));
}

TEST(KvCache, AdoptsAndExchangesPages) {
  const auto pool = std::make_shared<KvPool>(small(), 6 * kPage);
  KvCache first(pool, 700), second(pool, 700);
  ASSERT_TRUE(first.reserve(2 * kPage));
  first.set_size(2 * kPage);
  second.adopt(first.pages(), kPage + 5);
  EXPECT_EQ(second.size(), kPage + 5);
  EXPECT_EQ(pool->used(), 2);
  const std::vector<KvPool::Page> own = {second.pages()[0]};
  second.adopt(own, kPage);
  EXPECT_EQ(second.pages().size(), 1U);
  EXPECT_THROW(second.adopt(first.pages(), kPage), std::logic_error);
  KvCache third(pool, 700);
  ASSERT_TRUE(third.reserve(kPage));
  third.set_size(kPage);
  EXPECT_EQ(pool->used(), 3);
  third.exchange(0, first.pages()[0]);
  EXPECT_EQ(pool->used(), 2);
  EXPECT_EQ(third.block(0).pages[0], pool->data(first.pages()[0]));
}

}  // namespace
}  // namespace persea
