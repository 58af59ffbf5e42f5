#include "data/corpus.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <map>

#include "base/random.h"
#include "base/threads.h"
#include "data/corpus_stage.h"
#include "data/shard_stage.h"
#include "data/smallworld.h"
#include "data/tokens.h"
#include "ledger/scratch_for_test.h"
#include "text/bpe_train.h"

namespace persea {
namespace {

class Corpus : public ::testing::Test {
 protected:
  // Writes a file of the folder of text.
  void put(const fs::path& name, std::string_view bytes) {
    fs::create_directories((text_ / name).parent_path());
    ASSERT_TRUE(write_file(text_ / name, bytes).ok());
  }
  Result<StageResult> run(CorpusSettings settings = {}) {
    if (settings.path.empty()) settings.path = text_;
    auto lab = Lab::open(dir_.path() / "lab");
    return run_corpus_stage(*lab, settings, true);
  }
  // The documents of a corpus that has to succeed.
  std::vector<std::string> documents(CorpusSettings settings = {}) {
    result_ = run(std::move(settings));
    EXPECT_TRUE(result_.ok()) << result_.error().message;
    std::vector<std::string> texts;
    if (!result_) return texts;
    const auto corpus = CorpusReader::open(result_->artifact.path);
    EXPECT_TRUE(corpus.ok());
    for (int64_t i = 0; i < corpus->documents(); ++i) {
      const CorpusReader::Document document = (*corpus)[i];
      EXPECT_EQ(document.id, document_id(document.text));
      texts.emplace_back(document.text);
    }
    return texts;
  }
  const Json& fact(const char* name) { return result_->artifact.facts().at(name); }
  std::string error(CorpusSettings settings = {}) {
    const auto result = run(std::move(settings));
    EXPECT_FALSE(result.ok());
    return result ? "" : result.error().message;
  }

  TempDir dir_ = test_scratch();
  fs::path text_ = dir_.path() / "text";
  Result<StageResult> result_ = fail("nothing ran");
};

std::string gzip(std::string_view text) {
  std::string out(compressBound(text.size()) + 64, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

TEST_F(Corpus, ReadsAFolderInOrder) {
  put("b.txt", "second");
  put("a/deep/x.md", "first");
  put("c.jsonl", "{\"text\": \"third\"}\n\n{\"text\": \"fourth\", \"title\": \"Four\"}\r\n{\"text\": \"fifth\"}");
  put("d.txt.gz", gzip("sixth") + gzip(" and more"));
  put("e.jsonl.zst", zstd("{\"text\": \"seventh\"}\n") + zstd("{\"text\": \"eighth\"}\n"));
  put(".hidden/y.txt", "never");
  put(".z.txt", "never");
  EXPECT_EQ(documents(), (std::vector<std::string>{"first", "second", "third", "Four\n\nfourth", "fifth",
                                                   "sixth and more", "seventh", "eighth"}));
  EXPECT_EQ(fact("files_read"), 5);
  EXPECT_EQ(fact("documents"), 8);
  EXPECT_GE(fact("valid_documents").get<int>(), 1);
  EXPECT_EQ(*CorpusReader::sources(result_->artifact.path),
            (std::vector<std::string>{"a/deep/x.md", "b.txt", "c.jsonl", "d.txt.gz", "e.jsonl.zst"}));
}

TEST_F(Corpus, SkipsWhatIsNoTextAndSaysWhy) {
  put("a.txt", "good text");
  put("b.txt", "better text");
  put("binary.txt", std::string("ab\0cd", 5));
  put("blank.txt", " \n\n\t ");
  put("empty.txt", "");
  put("latin.txt", "\xe4\xf6\xfc\xdf\xe4\xf6\xfc\xdf abc");
  put("none.jsonl", "{\"content\": 1}\nno json\n");
  put("paper.pdf", "%PDF-1.4 and so on");
  put("wide.txt", std::string("\xff\xfe"
                              "a\0b\0",
                              6));
  EXPECT_EQ(documents(), (std::vector<std::string>{"good text", "better text"}));
  EXPECT_EQ(fact("files_skipped"), 7);
  std::map<std::string, std::string> reasons;
  for (const Json& entry : fact("skipped")) reasons[entry.at("path")] = entry.at("reason");
  EXPECT_EQ(reasons["binary.txt"], "is binary");
  EXPECT_EQ(reasons["blank.txt"], "is blank");
  EXPECT_EQ(reasons["empty.txt"], "is empty");
  EXPECT_EQ(reasons["latin.txt"], "is binary, or text that is not UTF-8");
  EXPECT_EQ(reasons["none.jsonl"], "has no line with a \"text\"");
  EXPECT_EQ(reasons["paper.pdf"], "is a PDF: convert it to text");
  EXPECT_EQ(reasons["wide.txt"], "is UTF-16: convert it to UTF-8");
  EXPECT_EQ(fact("skipped").size(), 7U);
}

TEST_F(Corpus, RepairsText) {
  put("a.txt", "\xef\xbb\xbfone\r\ntwo\rthree\r");
  put("b.txt", "a long enough line of good text, and then caf\xe9 and the rest of it");
  put("c.txt", "it ends within a character, as files do that were cut: \xe2\x82");
  put("d.jsonl", "{\"text\": \"ok\"}\n{\"text\": 5}\n[1]\nnonsense\n{\"text\": \"a\\r\\nb\"}");
  EXPECT_EQ(documents(),
            (std::vector<std::string>{
                "one\ntwo\nthree\n", "a long enough line of good text, and then caf\xef\xbf\xbd and the rest of it",
                "it ends within a character, as files do that were cut: \xef\xbf\xbd", "ok", "a\nb"}));
  EXPECT_EQ(fact("bytes_replaced"), 3);
  EXPECT_EQ(fact("bad_lines"), 3);
}

TEST_F(Corpus, NormalizesHoweverTheTextIsCut) {
  const std::string raw =
      "\xef\xbb\xbf"
      "a\r\n\r\rb\n\r\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x82x\xff\r";
  std::string whole;
  TextNormalizer at_once;
  at_once.add(raw, whole);
  at_once.finish(whole);
  EXPECT_EQ(whole, "a\n\n\nb\n\n\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbdx\xef\xbf\xbd\n");
  for (size_t i = 0; i <= raw.size(); ++i) {
    for (size_t j = i; j <= raw.size(); ++j) {
      TextNormalizer pieces;
      std::string out;
      pieces.add(std::string_view(raw).substr(0, i), out);
      pieces.add(std::string_view(raw).substr(i, j - i), out);
      pieces.add(std::string_view(raw).substr(j), out);
      pieces.finish(out);
      ASSERT_EQ(out, whole) << i << ' ' << j;
      ASSERT_EQ(pieces.replaced(), 3);
    }
  }
}

TEST_F(Corpus, DropsDuplicates) {
  put("a.txt", "the same");
  put("b.txt", "another");
  put("c.txt", "the same");
  EXPECT_EQ(documents().size(), 2U);
  EXPECT_EQ(fact("duplicates"), 1);
  EXPECT_EQ(documents({.drop_duplicates = false}).size(), 3U);
}

TEST_F(Corpus, CutsLongDocumentsAtParagraphs) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += fmt::format("Paragraph {} has some words.\n\n", i);
  put("a.txt", text);
  put("b.txt", "short");
  const auto pieces = documents({.limits = {.document_bytes = 1000}});
  std::string joined;
  for (size_t i = 0; i + 1 < pieces.size(); ++i) {
    EXPECT_LE(pieces[i].size(), 1000U);
    EXPECT_TRUE(pieces[i].ends_with("\n\n"));
    joined += pieces[i];
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(fact("pieces_of_long_documents"), static_cast<int>(pieces.size()) - 1);
  // Nothing to cut at: between characters.
  std::string accents;
  for (int i = 0; i < 1000; ++i) accents += "\xc3\xa9";
  for (size_t n = 2; n < 50; ++n) EXPECT_EQ(cut_point(accents, n), n / 2 * 2);
  EXPECT_EQ(cut_point("one two three", 9), 8U);
  EXPECT_EQ(cut_point("one", 9), 3U);
}

TEST_F(Corpus, KeepsTheTailOfOneTextForValidation) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += fmt::format("Line {} of one long text.\n", i);
  put("one.txt", text);
  for (const int64_t document_bytes : {int64_t{1000}, int64_t{1} << 20}) {
    const auto pieces = documents({.valid_fraction = 0.1, .limits = {.document_bytes = document_bytes}});
    const auto corpus = CorpusReader::open(result_->artifact.path);
    std::string train, valid;
    for (int64_t i = 0; i < corpus->documents(); ++i) ((*corpus)[i].valid ? valid : train) += (*corpus)[i].text;
    EXPECT_EQ(train + valid, text);
    EXPECT_EQ(train.size(), static_cast<size_t>(static_cast<double>(text.size()) * 0.9));
  }
  // A file by its name, and between characters.
  std::string euros;
  for (int i = 0; i < 101; ++i) euros += "\xe2\x82\xac";
  put("euros.txt", euros);
  const auto parts = documents({.path = text_ / "euros.txt", .valid_fraction = 0.1});
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].size(), 270U);
  EXPECT_EQ(parts[1].size(), 33U);
}

TEST_F(Corpus, PartsByTheDocumentAlone) {
  for (int i = 0; i < 2000; ++i) put(fmt::format("{:04}.txt", i), fmt::format("text number {}", i));
  auto sides = [&](const CorpusSettings& settings) {
    std::map<std::string, bool> valid;
    documents(settings);
    const auto corpus = CorpusReader::open(result_->artifact.path);
    for (int64_t i = 0; i < corpus->documents(); ++i) valid.emplace((*corpus)[i].text, (*corpus)[i].valid);
    return valid;
  };
  const auto all = sides({.valid_fraction = 0.1});
  const auto held = std::count_if(all.begin(), all.end(), [](const auto& entry) { return entry.second; });
  EXPECT_NEAR(static_cast<double>(held), 200, 60);
  for (int i = 0; i < 2000; i += 2) fs::remove(text_ / fmt::format("{:04}.txt", i));
  for (const auto& [text, valid] : sides({.valid_fraction = 0.1})) EXPECT_EQ(valid, all.at(text)) << text;
}

TEST_F(Corpus, NamesWhatIsWrongInOneLine) {
  EXPECT_NE(error().find("there is no such file or folder"), std::string::npos);
  fs::create_directories(text_);
  EXPECT_NE(error().find("the folder holds no files"), std::string::npos);
  put("x.bin", std::string(100, '\0'));
  put("y.txt", "");
  const std::string message = error();
  EXPECT_NE(message.find("holds no text (1 is binary, 1 is empty)"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
  put("x.bin", "a");
  EXPECT_NE(error().find("too little text"), std::string::npos);
}

TEST_F(Corpus, ReadsWhatIsGoodOfADamagedFile) {
  std::string text;
  Random random(1);
  for (int i = 0; i < 200000; ++i) text += fmt::format("{} ", random.below(1000));
  for (const bool gz : {true, false}) {
    const std::string packed = gz ? gzip(text) : zstd(text);
    put("a.txt", "a whole text beside it");
    put("b.txt.x", packed.substr(0, packed.size() - packed.size() / 8));
    const auto read = documents({.limits = {.document_bytes = 10000}});
    EXPECT_EQ(fact("files_damaged"), 1);
    EXPECT_GT(read.size(), 40U);
    std::string joined;
    for (size_t i = 1; i < read.size(); ++i) joined += read[i];
    EXPECT_TRUE(text.starts_with(joined));
  }
}

TEST_F(Corpus, IsReusedWhileItsTextIsTheSame) {
  put("a.txt", "some text");
  put("b.txt", "more text");
  const auto first = run();
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(first->reused);
  EXPECT_TRUE(run()->reused);
  const fs::path moved = dir_.path() / "moved";
  fs::rename(text_, moved);
  EXPECT_TRUE(run({.path = moved})->reused);
  fs::rename(moved, text_);
  put("b.txt", "other text");
  const auto second = run();
  EXPECT_FALSE(second->reused);
  EXPECT_NE(second->artifact.content(), first->artifact.content());
}

TEST_F(Corpus, DamageIsRefused) {
  put("a.txt", "some text");
  put("b.txt", "more text");
  documents();
  const std::string index = *read_file(result_->artifact.file("documents.bin")),
                    text = *read_file(result_->artifact.file("text.bin"));
  auto parse = [](const std::string& entries, std::string_view bytes) {
    return CorpusReader::parse(std::as_bytes(std::span(entries)), bytes, "documents.bin");
  };
  ASSERT_TRUE(parse(index, text).ok());
  for (size_t n = 0; n < index.size(); ++n) EXPECT_FALSE(parse(index.substr(0, n), text).ok()) << n;
  for (size_t n = 0; n < text.size(); ++n) EXPECT_FALSE(parse(index, text.substr(0, n)).ok()) << n;
  for (const size_t at : {32, 39, 40, 47}) {  // offset and size of the first document
    std::string altered = index;
    altered[at] = static_cast<char>(altered[at] + 1);
    EXPECT_FALSE(parse(altered, text).ok()) << at;
  }
}

// From smallworld to tokens and back to the text.
TEST_F(Corpus, BecomesTokens) {
  auto lab = Lab::open(dir_.path() / "lab");
  const auto corpus =
      run_corpus_stage(*lab, {.source = "smallworld", .valid_fraction = 0.05, .documents = 3000, .seed = 3}, true);
  ASSERT_TRUE(corpus.ok()) << corpus.error().message;
  const auto tokenizer = run_tokenizer_stage(*lab, corpus->artifact.id, {.vocab_size = 700}, true);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  const auto tokens = run_shard_stage(*lab, corpus->artifact.id, tokenizer->artifact.id, {}, true);
  ASSERT_TRUE(tokens.ok()) << tokens.error().message;
  const auto vocabulary = Tokenizer::load(tokenizer->artifact.file("tokenizer.json"));
  EXPECT_EQ(vocabulary->vocab_size(), 700);
  const auto text = CorpusReader::open(corpus->artifact.path);
  const auto train = TokenReader::open(tokens->artifact.path, "train"),
             valid = TokenReader::open(tokens->artifact.path, "valid");
  ASSERT_TRUE(train.ok() && valid.ok());
  EXPECT_EQ(train->documents() + valid->documents(), 3000);
  EXPECT_NEAR(static_cast<double>(valid->documents()), 150, 50);
  int64_t next[2] = {0, 0};
  const int32_t user = *vocabulary->special("<|user|>");
  for (int64_t i = 0; i < text->documents(); ++i) {
    const CorpusReader::Document document = (*text)[i];
    EXPECT_EQ(document.text, smallworld_document(3, i));
    const TokenReader& split = document.valid ? *valid : *train;
    const int64_t d = next[document.valid ? 1 : 0]++;
    std::vector<int32_t> ids;
    for (int64_t t = split.begin(d); t < split.begin(d + 1); ++t) ids.push_back(split[t]);
    ASSERT_EQ(vocabulary->decode(ids), std::string(kEndOfText) + std::string(document.text));
    const bool chat = document.text.starts_with("<|user|>");
    EXPECT_EQ(std::count(ids.begin(), ids.end(), user) > 0, chat);
  }
  // No merge holds a marker or a part of one.
  for (int32_t id = 0; id < 700; ++id) {
    if (!vocabulary->is_special(id)) {
      EXPECT_EQ(vocabulary->token_bytes(id).find('|'), vocabulary->token_bytes(id) == "|" ? 0U : std::string::npos);
    }
  }
  // The same bits however many threads.
  const fs::path again = dir_.path() / "again";
  auto other = Lab::open(again);
  set_threads(3);
  const auto corpus2 =
      run_corpus_stage(*other, {.source = "smallworld", .valid_fraction = 0.05, .documents = 3000, .seed = 3}, true);
  const auto tokenizer2 = run_tokenizer_stage(*other, corpus2->artifact.id, {.vocab_size = 700}, true);
  const auto tokens2 = run_shard_stage(*other, corpus2->artifact.id, tokenizer2->artifact.id, {}, true);
  set_threads(2);
  EXPECT_EQ(tokens2->artifact.id, tokens->artifact.id);
}

TEST_F(Corpus, MarkersInTextOfStrangersAreText) {
  put("a.txt", "they wrote <|user|> and <|endoftext|> in their text");
  put("b.txt", "and <|assistant|> too");
  auto lab = Lab::open(dir_.path() / "lab");
  const auto corpus = run_corpus_stage(*lab, {.path = text_}, true);
  const auto tokenizer = run_tokenizer_stage(*lab, corpus->artifact.id, {.kind = "bytes"}, true);
  for (const bool separate : {true, false}) {
    const auto tokens =
        run_shard_stage(*lab, corpus->artifact.id, tokenizer->artifact.id, {.separate = separate}, true);
    const auto vocabulary = Tokenizer::load(tokenizer->artifact.file("tokenizer.json"));
    for (const char* split : {"train", "valid"}) {
      const auto reader = TokenReader::open(tokens->artifact.path, split);
      EXPECT_EQ(reader->documents(), 1);
      for (int64_t i = 0; i < reader->tokens(); ++i)
        EXPECT_EQ(vocabulary->is_special((*reader)[i]), separate && i == 0);
    }
  }
}

TEST_F(Corpus, AVocabularyBeyondTheTextIsRefused) {
  put("a.txt", "a little text");
  put("b.txt", "another little text");
  auto lab = Lab::open(dir_.path() / "lab");
  const auto corpus = run_corpus_stage(*lab, {.path = text_}, true);
  const auto tokenizer = run_tokenizer_stage(*lab, corpus->artifact.id, {.vocab_size = 5000}, true);
  ASSERT_FALSE(tokenizer.ok());
  EXPECT_NE(tokenizer.error().message.find("tokenizer.vocab: the text allows only"), std::string::npos)
      << tokenizer.error().message;
}

}  // namespace
}  // namespace persea
