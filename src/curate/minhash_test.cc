#include "curate/minhash.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/random.h"
#include "curate/minhash_kernel.h"
#include "curate/simplify.h"

namespace persea::curate {
namespace {

std::string simplified(std::string_view text) {
  std::string out = "what was there before";
  simplify_text(text, out);
  return out;
}

// What datatrove 0.10.1 makes of these.
TEST(Simplify, IsAsDatatroves) {
  EXPECT_EQ(simplified(""), "");
  EXPECT_EQ(simplified("  Hello,   World!\n"), "hello world");
  EXPECT_EQ(simplified("In 1999 it cost 1,000,000.50 euros (3.5%)."), "in 0 it cost 0 0 euros 0");
  EXPECT_EQ(simplified("abc123def4.x 5."), "abc0def0 x 0");
  EXPECT_EQ(simplified("Über die Straße naïve"), "uber die straße naive");
  EXPECT_EQ(simplified("\xc4\xb0stanbul"), "istanbul");                                   // dotted I
  EXPECT_EQ(simplified("\xce\x9f\xce\x94\xce\x9f\xce\xa3 \xce\xa3\xce\x91"), "οδος σα");  // final sigma
  EXPECT_EQ(simplified("e\xcc\x81t\xc3\xa9"), "ete");
  EXPECT_EQ(simplified("don't “quote” it’s … •"), "don t quote it s •");
  EXPECT_EQ(simplified("\xe0\xa5\xa7\xe0\xa5\xa8 \xef\xbc\x91"), "0 0");  // Devanagari's and wide digits
  EXPECT_EQ(simplified("a\xc2\xa0\xe2\x80\x83z\x01k"), "a z k");
  EXPECT_EQ(simplified("a \xcc\x81 b"), "a  b");  // a mark by itself goes when white space has become one
  EXPECT_EQ(simplified("\xcc\x81 b"), "b");
  EXPECT_EQ(simplified("가"), "\xe1\x84\x80\xe1\x85\xa1");  // syllables are taken apart
  EXPECT_EQ(simplified("a\xff z"), "a\xef\xbf\xbd z");
}

TEST(Simplify, MayGrow) {
  std::string syllables;
  for (int i = 0; i < 1000; ++i) syllables += "한";
  EXPECT_EQ(simplified(syllables).size(), 9000u);
}

TEST(MinHashKernel, GivesTheLeastOfEachFunction) {
  Random random(3);
  for (const size_t functions : {16u, 32u, 48u, 64u, 80u, 112u, 272u}) {
    std::vector<uint32_t> factors(functions), terms(functions), least(functions, UINT32_MAX), numbers(137);
    for (auto* all : {&factors, &terms, &numbers})
      for (uint32_t& one : *all) one = static_cast<uint32_t>(random.next());
    lower_minima(numbers.data(), numbers.size(), factors.data(), terms.data(), least.data(), functions);
    for (size_t i = 0; i < functions; ++i) {
      uint32_t wanted = UINT32_MAX;
      for (const uint32_t x : numbers) wanted = std::min(wanted, factors[i] * x + terms[i]);
      ASSERT_EQ(least[i], wanted) << i << " of " << functions;
    }
  }
}

MinHasher hasher(const Json& settings) { return *MinHasher::create(*minhash_settings(settings)); }

std::vector<uint64_t> keys_of(MinHasher& hasher, std::string_view text) {
  std::vector<uint64_t> keys(hasher.bands());
  return hasher.keys(text, keys) ? keys : std::vector<uint64_t>();
}

TEST(MinHash, PublishedSets) {
  EXPECT_EQ(minhash_settings("nemo")->unit, "characters");
  EXPECT_EQ(minhash_settings("nemo")->shingle, 24);
  EXPECT_EQ(minhash_settings(Json::object())->bands, 14);
  const auto one = minhash_settings({{"set", "redpajama-0.9"}, {"seed", 7}});
  EXPECT_EQ(one->bands * 100 + one->rows, 525);
  EXPECT_EQ(one->seed, 7);
  EXPECT_FALSE(minhash_settings("datatrov"));
  EXPECT_FALSE(minhash_settings({{"bands", 0}}));
  EXPECT_FALSE(minhash_settings({{"bands", 4096}, {"rows", 2}}));
  EXPECT_FALSE(minhash_settings({{"unit", "bytes"}}));
  EXPECT_FALSE(minhash_settings({{"band", 3}}));
  for (const std::string& name : minhash_names()) EXPECT_TRUE(minhash_settings(name)) << name;
}

// The tables of RedPajama 2 are datasketch's choice for 128 hashes.
TEST(MinHash, BestBandingIsDatasketchs) {
  const auto check = [](int64_t hashes, double threshold, int64_t bands, int64_t rows) {
    const Banding best = best_banding(hashes, threshold);
    EXPECT_EQ(best.bands, bands) << hashes << " " << threshold;
    EXPECT_EQ(best.rows, rows) << hashes << " " << threshold;
  };
  check(128, 0.7, 14, 9);
  check(128, 0.8, 9, 13);
  check(128, 0.9, 5, 25);
}

// Kept keys have to stay what they are.
TEST(MinHash, KeysAreTheSameEverywhere) {
  MinHasher one = hasher("datatrove");
  const std::vector<uint64_t> keys = keys_of(one, "The quick brown fox jumps over the lazy dog, 24 times.");
  ASSERT_EQ(keys.size(), 14u);
  EXPECT_EQ(keys[0], 636130065460942933u);
  EXPECT_EQ(keys[13], 4838065244619027966u);
}

TEST(MinHash, WordsDecide) {
  MinHasher one = hasher("datatrove"), other = hasher({{"seed", 2}});
  const auto keys = keys_of(one, "One two, three four five six seven");
  EXPECT_EQ(keys, keys_of(one, "one TWO three\nfour - five six: seven!"));
  EXPECT_NE(keys, keys_of(other, "One two, three four five six seven"));
  EXPECT_TRUE(keys_of(one, "one two three four").empty());
  EXPECT_TRUE(keys_of(one, "").empty());
  MinHasher as_one = hasher({{"short_texts", true}});
  EXPECT_FALSE(keys_of(as_one, "one two").empty());
  EXPECT_EQ(keys_of(as_one, "one two"), keys_of(as_one, "One, two."));
  EXPECT_NE(keys_of(as_one, "one two"), keys_of(as_one, "two one"));
  EXPECT_TRUE(keys_of(as_one, " ... ").empty());
}

TEST(MinHash, CharactersAreCodePoints) {
  MinHasher one = hasher({{"set", "nemo"}, {"shingle", 3}});
  EXPECT_EQ(one.shingles("äöü").size(), 1u);
  EXPECT_EQ(one.shingles("aXbc").size(), 2u);
  EXPECT_TRUE(keys_of(one, "ab").empty());
  EXPECT_NE(keys_of(one, "abc"), keys_of(one, "ABC"));
}

TEST(MinHash, LongTextsAreSplitAsWhole) {
  MinHasher one = hasher({{"shingle", 1}});
  std::string text;
  for (int i = 0; i < 30000; ++i) text += "wörd ";
  const std::vector<uint32_t> shingles = one.shingles(text);
  EXPECT_EQ(shingles.size(), 30000u);
  EXPECT_EQ(std::set<uint32_t>(shingles.begin(), shingles.end()).size(), 1u);
}

TEST(MinHash, RunsWithoutSpacesAreCutWhereTheyAreLong) {
  MinHasher one = hasher({{"shingle", 1}});
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "ß";
  const size_t parts = one.shingles(text).size();
  EXPECT_GT(parts, 1u);
  EXPECT_LT(parts, 10u);
}

// The share of equal keys against 1 - (1 - s^r)^b, within four standard errors of the mean over pairs.
TEST(MinHash, BandsAgreeWithTheCurve) {
  for (const int shared : {30, 60, 80, 90}) {
    Random random(static_cast<uint64_t>(shared));
    double found = 0, wanted = 0, variance = 0;
    MinHasher one = hasher({{"shingle", 1}, {"bands", 4}, {"rows", 3}, {"simplify", false}});
    for (int pair = 0; pair < 1200; ++pair) {
      std::string a, b;
      for (int i = 0; i < 100; ++i) {
        const std::string word = "w" + std::to_string(random.next());
        a += word + " ";
        b += (i < shared ? word : "v" + std::to_string(random.next())) + " ";
      }
      const auto x = keys_of(one, a), y = keys_of(one, b);
      bool equal = false;
      for (size_t band = 0; band < x.size(); ++band) equal |= x[band] == y[band];
      const double p = found_probability(shared / (200.0 - shared), {4, 3});
      found += equal;
      wanted += p;
      variance += p * (1 - p);
    }
    EXPECT_NEAR(found, wanted, 4 * std::sqrt(variance)) << shared;
  }
}

}  // namespace
}  // namespace persea::curate
