#include "read/item_reader.h"

#include <gtest/gtest.h>

#include "read/read_for_test.h"

namespace persea::read {
namespace {

using Read = ReadForTest;
Read read(std::string bytes, std::string_view name, const ReadLimits& limits = {}) {
  return read_for_test(std::move(bytes), name, limits);
}

TEST(ItemReader, ReadsPlainText) {
  const Read all = read("one\r\ntwo\n", "a.txt");
  ASSERT_EQ(all.texts(), std::vector<std::string>{"one\ntwo\n"});
  EXPECT_EQ(all.documents[0].place, "");
  EXPECT_TRUE(all.skipped.empty());
}

TEST(ItemReader, CutsLongText) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += fmt::format("Paragraph {} has some words.\n\n", i);
  const Read all = read(text, "a.txt", {.document_bytes = 1000});
  std::string joined;
  for (const Document& document : all.documents) {
    EXPECT_LE(document.text.size(), 1000U);
    joined += document.text;
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(all.documents[1].place, "part 2");
}

TEST(ItemReader, ReadsLinesOfJson) {
  const Read all = read(
      "\xef\xbb\xbf{\"title\": \"T\", \"text\": \"a\\r\\nb\", \"url\": \"http://x\"}\r\n\n{\"content\": "
      "\"second\"}\nnonsense\n{\"text\": 5}\n{\"text\": \"caf\xe9\"}",
      "x.jsonl");
  ASSERT_EQ(all.texts(), (std::vector<std::string>{"a\nb", "second", "caf\xc3\xa9"}));
  EXPECT_EQ(all.documents[0].title, "T");
  EXPECT_EQ(all.documents[0].address, "http://x");
  EXPECT_EQ(all.documents[1].place, "line 3");
  ASSERT_EQ(all.skipped.size(), 2U);
  EXPECT_EQ(all.skipped[0].place, "line 4");
}

TEST(ItemReader, FindsEncodings) {
  const std::string german = "Der Bär süßt große Äpfel, und das Mädchen hört die Vögel über dem Fluß. ";
  std::string latin, wide;
  for (size_t i = 0; i < german.size(); ++i) {
    const auto byte = static_cast<unsigned char>(german[i]);
    const unsigned c = byte < 0x80 ? byte : ((byte & 0x1f) << 6) | (static_cast<unsigned char>(german[++i]) & 0x3f);
    latin += static_cast<char>(c);
    wide += {static_cast<char>(c), '\0'};
  }
  EXPECT_EQ(read(latin, "a.txt").texts(), std::vector<std::string>{german});
  EXPECT_EQ(read(wide, "a.txt").texts(), std::vector<std::string>{german});
  EXPECT_EQ(read("\xff\xfe" + wide, "a.txt").texts(), std::vector<std::string>{german});
}

TEST(ItemReader, SkipsWhatIsNoText) {
  EXPECT_EQ(read("\x89PNG\r\n\x1a\n....", "a.txt").skipped[0].reason, "is a PNG image");
  EXPECT_EQ(read(std::string("ab\0cd", 5), "a.txt").skipped[0].reason, "is binary");
  EXPECT_EQ(read(std::string("\0\0\0\x18"
                             "ftypisom",
                             12),
                 "a.txt")
                .skipped[0]
                .reason,
            "is an MP4 recording");
  EXPECT_EQ(read("PAR1\x15\x04", "a.parquet").skipped[0].reason.substr(0, 17), "is a Parquet file");
  EXPECT_EQ(read("OTTO was here; ID3 and GGUF are words", "a.txt").documents.size(), 1U);
  EXPECT_EQ(read("A LONG WAVE comes", "a.txt").documents.size(), 1U);
  EXPECT_EQ(read("", "a.txt").skipped[0].reason, "is empty");
  EXPECT_EQ(read("  \n", "a.txt").skipped[0].reason, "is blank");
}

}  // namespace
}  // namespace persea::read
