#include "data/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/random.h"
#include "ledger/scratch_for_test.h"

namespace persea {
namespace {

constexpr int32_t kStart = 0;  // stands before every document

// Documents of `lengths` tokens: kStart, then numbers that no other document has.
std::vector<std::vector<int32_t>> documents_of(const std::vector<int>& lengths) {
  std::vector<std::vector<int32_t>> documents;
  int32_t next = 1;
  for (const int length : lengths) {
    documents.push_back({kStart});
    for (int i = 1; i < length; ++i) documents.back().push_back(next++);
  }
  return documents;
}

TokenReader tokens_of(const std::vector<std::vector<int32_t>>& documents, const fs::path& dir, int vocab = 70000) {
  auto writer = TokenWriter::create(dir, "train", vocab);
  for (const auto& document : documents) EXPECT_TRUE(writer->add(document).ok());
  EXPECT_TRUE(writer->finish().ok());
  auto reader = TokenReader::open(dir, "train");
  EXPECT_TRUE(reader.ok()) << reader.error().message;
  return *reader;
}

class Loader : public ::testing::Test {
 protected:
  TempDir dir_ = test_scratch();
};

TEST_F(Loader, TokensComeBackAsWritten) {
  const auto documents = documents_of({5, 1, 300, 2});
  for (const int vocab : {500, 65536, 65537, 1 << 20}) {
    const TokenReader reader = tokens_of(documents, dir_.path(), vocab);
    EXPECT_EQ(reader.vocab_size(), vocab);
    ASSERT_EQ(reader.documents(), 4);
    ASSERT_EQ(reader.tokens(), 308);
    EXPECT_EQ(fs::file_size(dir_.path() / "train.tokens"), 32 + 308U * (vocab > 65536 ? 4 : 2));
    for (int64_t d = 0; d < 4; ++d) {
      for (int64_t i = reader.begin(d); i < reader.begin(d + 1); ++i) {
        EXPECT_EQ(reader[i], documents[d][i - reader.begin(d)]);
        EXPECT_EQ(reader.document_of(i), d);
      }
    }
  }
  auto writer = TokenWriter::create(dir_.path(), "other", 100);
  EXPECT_THROW((void)writer->add(std::vector<int32_t>{100}), std::logic_error);
}

TEST_F(Loader, DamagedTokensAreRefused) {
  tokens_of(documents_of({5, 7, 9}), dir_.path(), 100);
  const std::string ids = *read_file(dir_.path() / "train.tokens"),
                    starts = *read_file(dir_.path() / "train.documents");
  auto parse = [](const std::string& a, const std::string& b) {
    return TokenReader::parse(std::as_bytes(std::span(a)), std::as_bytes(std::span(b)), "x.tokens");
  };
  ASSERT_TRUE(parse(ids, starts).ok());
  for (size_t n = 0; n < ids.size(); ++n) EXPECT_FALSE(parse(ids.substr(0, n), starts).ok()) << n;
  for (size_t n = 0; n < starts.size(); ++n) EXPECT_FALSE(parse(ids, starts.substr(0, n)).ok()) << n;
  std::string back = starts;
  back[32 + 8] = 13;  // the second document begins behind the third
  EXPECT_NE(parse(ids, back).error().message.find("begins before"), std::string::npos);
  std::string far = ids;
  far[32] = '\xff', far[33] = '\xff';  // an id beyond the vocabulary
  EXPECT_EQ((*parse(far, starts))[0], 0);
}

TEST_F(Loader, PacksEachTokenOnce) {
  Random random(3);
  std::vector<int> lengths;
  for (int i = 0; i < 3000; ++i) lengths.push_back(2 + static_cast<int>(random.below(i % 50 == 0 ? 900 : 220)));
  const auto documents = documents_of(lengths);
  const TokenReader reader = tokens_of(documents, dir_.path(), 1 << 20);
  auto loader = TokenLoader::create(reader, {.sequences = 8, .length = 256, .seed = 5});
  ASSERT_TRUE(loader.ok());
  EXPECT_LT(loader->padding(), 0.03);

  std::map<int32_t, int> seen;
  int64_t rows = 0, cut = 0, starts_seen = 0;
  for (int64_t step = 0; rows < loader->rows_per_epoch(); ++step) {
    const PackedBatch batch = loader->at(step);
    for (int row = 0; row < batch.sequences && rows < loader->rows_per_epoch(); ++row, ++rows) {
      for (int i = 0; i < batch.length; ++i) {
        const int at = row * batch.length + i;
        const int32_t token = batch.tokens[at], start = batch.starts[at];
        ASSERT_EQ(batch.positions[at], i - start);
        ASSERT_LE(start, i);
        // A place begins a document, goes on with the place before, or begins a row's piece of a long document.
        const bool goes_on = start < i;
        if (goes_on) {
          ASSERT_EQ(batch.starts[at - 1], start);
          ASSERT_EQ(batch.targets[at - 1], token);
        }
        if (batch.targets[at] >= 0) ++seen[token == kStart ? -1 : token];
        starts_seen += token == kStart && batch.targets[at] >= 0;
        cut += !goes_on && token != kStart;
      }
    }
  }
  const int64_t numbers = std::accumulate(lengths.begin(), lengths.end(), int64_t{0}) - 3000;
  // Every token is there once (the very last of the split has no target, and is not counted).
  EXPECT_EQ(static_cast<int64_t>(seen.size()), numbers - 1 + 1);
  for (const auto& [token, n] : seen) {
    if (token >= 0) {
      ASSERT_EQ(n, 1) << token;
    }
  }
  EXPECT_EQ(starts_seen, 3000);
  const auto too_long = std::accumulate(lengths.begin(), lengths.end(), int64_t{0},
                                        [](int64_t sum, int n) { return sum + (n - 1) / 256; });
  EXPECT_EQ(cut, too_long);  // only what is longer than a row is cut
}

TEST_F(Loader, EveryStepIsAFunctionOfItsNumber) {
  Random random(4);
  std::vector<int> lengths;
  for (int i = 0; i < 200; ++i) lengths.push_back(2 + static_cast<int>(random.below(90)));
  const TokenReader reader = tokens_of(documents_of(lengths), dir_.path());
  for (const auto order : {LoaderSettings::Order::documents, LoaderSettings::Order::windows}) {
    const LoaderSettings settings{.sequences = 4, .length = 64, .seed = 9, .order = order};
    auto one = TokenLoader::create(reader, settings), two = TokenLoader::create(reader, settings);
    PackedBatch reused;
    for (const int64_t step : {1000, 0, 7, 3, 0}) {
      const PackedBatch batch = one->at(step);
      two->fill(step, reused);
      EXPECT_EQ(batch.tokens, reused.tokens);
      EXPECT_EQ(batch.targets, reused.targets);
      EXPECT_EQ(batch.starts, reused.starts);
    }
    EXPECT_NE(one->at(0).tokens, one->at(1).tokens);
    auto other = TokenLoader::create(reader, {.sequences = 4, .length = 64, .seed = 10, .order = order});
    EXPECT_NE(one->at(0).tokens, other->at(0).tokens);
  }
}

TEST_F(Loader, InTheCorpusOrderRowsComeAsTheDocumentsDo) {
  // Documents of a whole row each.
  const TokenReader reader = tokens_of(documents_of(std::vector<int>(40, 64)), dir_.path());
  auto loader =
      TokenLoader::create(reader, {.sequences = 4, .length = 64, .seed = 3, .order = LoaderSettings::Order::corpus});
  for (int64_t step = 0; step < 20; ++step) {  // two epochs
    const PackedBatch batch = loader->at(step);
    for (int64_t row = 0; row < 4; ++row)
      EXPECT_EQ(batch.tokens[row * 64], reader[(step * 4 + row) % 40 * 64]) << step << " " << row;
  }
}

TEST_F(Loader, EpochsHaveTheSameRowsInAnotherOrder) {
  const TokenReader reader = tokens_of(documents_of(std::vector<int>(40, 30)), dir_.path());
  auto loader = TokenLoader::create(reader, {.sequences = 1, .length = 60});
  ASSERT_EQ(loader->rows_per_epoch(), 20);
  std::vector<std::vector<int32_t>> first, second;
  for (int64_t step = 0; step < 20; ++step) {
    first.push_back(loader->at(step).tokens);
    second.push_back(loader->at(20 + step).tokens);
  }
  EXPECT_NE(first, second);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  EXPECT_EQ(first, second);
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), 20U);
}

TEST_F(Loader, WindowsAreCutAnywhere) {
  std::vector<int32_t> stream(5000);
  std::iota(stream.begin(), stream.end(), 0);
  const TokenReader reader = tokens_of({stream}, dir_.path());
  auto loader = TokenLoader::create(reader, {.sequences = 4, .length = 100, .order = LoaderSettings::Order::windows});
  std::set<int32_t> begins;
  for (int64_t step = 0; step < 100; ++step) {
    const PackedBatch batch = loader->at(step);
    for (size_t i = 0; i < batch.tokens.size(); ++i) {
      ASSERT_EQ(batch.targets[i], batch.tokens[i] + 1);
      ASSERT_EQ(batch.starts[i], 0);
      ASSERT_EQ(batch.positions[i], static_cast<int>(i % 100));
    }
    for (int row = 0; row < 4; ++row) begins.insert(batch.tokens[row * 100]);
  }
  EXPECT_GT(begins.size(), 350U);
  EXPECT_LT(*begins.rbegin(), 4900);
  EXPECT_GT(*begins.rbegin(), 4700);
  // A text shorter than a row is one padded row.
  auto all = TokenLoader::create(reader, {.sequences = 1, .length = 8000, .order = LoaderSettings::Order::windows});
  const PackedBatch batch = all->at(0);
  EXPECT_EQ(batch.targets[4998], 4999);
  EXPECT_EQ(batch.targets[4999], -1);
}

TEST_F(Loader, ValidationCoversTheSplitOnce) {
  std::vector<int32_t> stream(1050);
  std::iota(stream.begin(), stream.end(), 0);
  const TokenReader windows = tokens_of({stream}, dir_.path());
  auto loader = TokenLoader::create(windows, {.sequences = 4, .length = 100, .order = LoaderSettings::Order::windows});
  std::multiset<int32_t> targets;
  for (const PackedBatch& batch : loader->validation(0)) {
    EXPECT_EQ(batch.sequences, 4);
    for (const int32_t target : batch.targets) {
      if (target >= 0) targets.insert(target);
    }
  }
  EXPECT_EQ(targets.size(), 1049U);
  EXPECT_EQ(std::set(targets.begin(), targets.end()).size(), 1049U);
  const auto some = loader->validation(400);
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some[0].sequences, 4);

  const TokenReader documents = tokens_of(documents_of({30, 50, 250, 20, 99, 1, 100}), dir_.path());
  auto one = TokenLoader::create(documents, {.sequences = 3, .length = 100, .seed = 1});
  auto two = TokenLoader::create(documents, {.sequences = 3, .length = 100, .seed = 2});
  size_t count = 0;
  const auto batches = one->validation(0), same = two->validation(0);
  ASSERT_EQ(batches.size(), same.size());
  for (size_t b = 0; b < batches.size(); ++b) {
    EXPECT_EQ(batches[b].tokens, same[b].tokens);
    count += std::count_if(batches[b].targets.begin(), batches[b].targets.end(), [](int32_t t) { return t >= 0; });
  }
  EXPECT_EQ(count, 549U);
}

TEST_F(Loader, MasksTurns) {
  // What the user says stands between 1 and 2.
  const std::vector<int32_t> chat = {kStart, 1, 10, 11, 2, 20, 21, 3, 1, 12, 13, 2, 22, 3};
  const TokenReader reader = tokens_of({chat, {kStart, 30, 31}}, dir_.path());
  for (const int length : {20, 3}) {  // whole, and cut within a turn
    auto loader = TokenLoader::create(reader, {.sequences = 1, .length = length, .mask = LoaderSettings::Mask{1, 2}});
    std::multiset<int32_t> targets;
    for (int64_t step = 0; step < loader->rows_per_epoch(); ++step) {
      for (const int32_t target : loader->at(step).targets) {
        if (target >= 0) targets.insert(target);
      }
    }
    EXPECT_EQ(targets, (std::multiset<int32_t>{1, 20, 21, 3, 1, 22, 3, kStart, 30, 31})) << length;
  }
}

TEST(Packing, PermutesExactly) {
  for (const uint64_t n : {1, 2, 3, 10, 64, 1000, 4097}) {
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < n; ++i) {
      const uint64_t j = permuted(i, n, 42);
      EXPECT_LT(j, n);
      seen.insert(j);
    }
    EXPECT_EQ(seen.size(), n);
  }
  // Spread out: neighbours do not stay together.
  int near = 0;
  for (uint64_t i = 0; i + 1 < 100000; ++i) {
    const auto a = static_cast<int64_t>(permuted(i, 100000, 7)), b = static_cast<int64_t>(permuted(i + 1, 100000, 7));
    near += std::abs(a - b) < 1000;
  }
  EXPECT_NEAR(near, 2000, 300);
}

}  // namespace
}  // namespace persea
