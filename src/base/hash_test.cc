#include "base/hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>

#include "base/file.h"

namespace persea {
namespace {

TEST(Sha256, MatchesFips180) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PartsAndFileGiveTheDigestOfTheWhole) {
  const std::string text(100000, 'a');
  Sha256 hash;
  hash.update(std::string_view(text).substr(0, 777));
  hash.update(std::as_bytes(std::span(text).subspan(777)));
  EXPECT_EQ(hash.hex(), sha256(text));

  const TempDir dir = *TempDir::create(fs::temp_directory_path(), "hash");
  ASSERT_TRUE(write_file(dir.path() / "a", text));
  EXPECT_EQ(*sha256_file(dir.path() / "a"), sha256(text));
  EXPECT_FALSE(sha256_file(dir.path() / "missing"));
}

TEST(Hash64, IsFixedForEver) {
  EXPECT_EQ(hash64(""), 5899315709369485046u);
  EXPECT_EQ(hash64("a"), 5201462699560904478u);
  EXPECT_EQ(hash64("the quick brown fox jumps", 7), 12814969799451477874u);
}

TEST(Hash64, EachInputBitMovesAboutHalfOfTheOutput) {
  for (const size_t size : {1, 7, 8, 9, 15, 16, 17, 31, 40}) {
    std::string text(size, 'x');
    const uint64_t plain = hash64(text);
    double moved = 0;
    for (size_t bit = 0; bit < size * 8; ++bit) {
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
      moved += std::popcount(plain ^ hash64(text));
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
    }
    EXPECT_NEAR(moved / (static_cast<double>(size) * 8), 32, 5) << size << " bytes";
  }
}

TEST(Hash64, LengthAndSeedCount) {
  std::set<uint64_t> seen;
  for (size_t size = 0; size < 100; ++size) {
    for (uint64_t seed = 0; seed < 10; ++seed) seen.insert(hash64(std::string(size, '\0'), seed));
  }
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace persea
