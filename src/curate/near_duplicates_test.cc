#include "curate/near_duplicates.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <numeric>

#include "base/random.h"
#include "base/threads.h"
#include "curate/spill.h"

namespace persea::curate {
namespace {

TempDir folder() { return *TempDir::create(fs::temp_directory_path(), "near_duplicates_test"); }

using Keys = std::vector<std::vector<uint64_t>>;

// Documents of few keys, so that there are chains of all lengths; some have none.
Keys some_keys(size_t documents, size_t bands, uint64_t variety, uint64_t seed) {
  Random random(seed);
  Keys keys(documents);
  for (auto& one : keys) {
    if (random.chance(0.1)) continue;
    for (size_t band = 0; band < bands; ++band) one.push_back(random.below(variety) * 0x9e3779b97f4a7c15);
  }
  return keys;
}

std::vector<uint32_t> by_brute_force(const Keys& keys) {
  std::vector<uint32_t> first(keys.size());
  std::iota(first.begin(), first.end(), 0);
  for (bool changed = true; changed;) {
    changed = false;
    std::map<std::pair<size_t, uint64_t>, uint32_t> least;
    for (uint32_t i = 0; i < keys.size(); ++i)
      for (size_t band = 0; band < keys[i].size(); ++band) {
        const auto [it, fresh] = least.emplace(std::pair(band, keys[i][band]), first[i]);
        if (!fresh) it->second = std::min(it->second, first[i]);
      }
    for (uint32_t i = 0; i < keys.size(); ++i)
      for (size_t band = 0; band < keys[i].size(); ++band) {
        const uint32_t other = least.at({band, keys[i][band]});
        if (other < first[i]) {
          first[i] = other;
          changed = true;
        }
      }
  }
  return first;
}

std::vector<uint32_t> clusters_of(const Keys& keys, size_t bands, size_t memory, int threads) {
  set_threads(threads);
  const TempDir here = folder();
  auto duplicates = NearDuplicates::create(here.path(), bands, memory);
  for (const auto& one : keys) EXPECT_TRUE(duplicates->add(one));
  EXPECT_TRUE(fs::is_empty(here.path()));  // files have no names
  auto clusters = duplicates->clusters();
  set_threads(2);
  EXPECT_TRUE(clusters) << clusters.error().message;
  return *clusters;
}

TEST(NearDuplicates, AreThoseOfBruteForceUnderAnyMemoryAndThreads) {
  for (const uint64_t variety : {900u, 18000u})
    for (const size_t bands : {1u, 3u, 14u}) {
      const Keys keys = some_keys(1800, bands, variety, variety + bands);
      const std::vector<uint32_t> wanted = by_brute_force(keys);
      for (const size_t memory : {size_t{1}, size_t{1} << 18, size_t{1} << 26})
        for (const int threads : {1, 3})
          ASSERT_EQ(clusters_of(keys, bands, memory, threads), wanted) << variety << " " << bands << " " << memory;
    }
}

TEST(NearDuplicates, OneKeyForAll) {
  const Keys keys(9000, std::vector<uint64_t>{7});
  EXPECT_EQ(clusters_of(keys, 1, 1, 2), std::vector<uint32_t>(9000, 0));
}

TEST(NearDuplicates, AreApartInOtherBands) {
  const Keys keys = {{1, 2}, {2, 1}, {3, 2}, {}, {}};
  EXPECT_EQ(clusters_of(keys, 2, 1 << 20, 1), (std::vector<uint32_t>{0, 1, 0, 3, 4}));
}

TEST(NearDuplicates, NoDocuments) { EXPECT_TRUE(clusters_of({}, 5, 1, 1).empty()); }

TEST(NearDuplicates, KeysAreForEachBand) {
  const TempDir here = folder();
  auto duplicates = NearDuplicates::create(here.path(), 2, 1000);
  EXPECT_THROW((void)duplicates->add(std::vector<uint64_t>{1}), std::logic_error);
}

TEST(NearDuplicates, AFolderThatIsMissing) {
  const auto made = NearDuplicates::create("/nowhere/at/all", 2, 1000);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("/nowhere/at/all"), std::string::npos);
}

TEST(ExactDuplicates, BothHalvesCount) {
  const TempDir here = folder();
  auto duplicates = ExactDuplicates::create(here.path(), 1 << 20);
  for (const ExactDuplicates::Id& id :
       {ExactDuplicates::Id{1, 1}, {1, 2}, {2, 1}, {1, 1}, {~uint64_t{0}, ~uint64_t{0}}, {1, 2}})
    ASSERT_TRUE(duplicates->add(id));
  EXPECT_EQ(*duplicates->clusters(), (std::vector<uint32_t>{0, 1, 2, 0, 4, 1}));
}

TEST(Spill, KeepsTheOrderOfEachPart) {
  const TempDir here = folder();
  for (const size_t memory : {size_t{1}, size_t{1} << 24}) {
    auto spill = Spill<uint32_t>::create(here.path(), 3, memory);
    for (uint32_t i = 0; i < 50000; ++i) ASSERT_TRUE(spill->add(i * i % 3, i));
    ASSERT_TRUE(spill->seal());
    uint64_t read = 0;
    for (size_t part = 0; part < 3; ++part) {
      uint32_t least = 0;
      uint64_t here_read = 0;
      ASSERT_TRUE(spill->read(part, [&](std::span<const uint32_t> records) -> Status {
        for (const uint32_t i : records) {
          EXPECT_EQ(i * i % 3, part);
          EXPECT_GE(i, least);
          least = i + 1;
        }
        here_read += records.size();
        return {};
      }));
      EXPECT_EQ(here_read, spill->count(part));
      read += here_read;
    }
    EXPECT_EQ(read, 50000u);
  }
}

}  // namespace
}  // namespace persea::curate
