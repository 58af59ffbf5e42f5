#include "text/streaming_decoder.h"

#include <gtest/gtest.h>

#include "text/bpe_train.h"
#include "text/unicode.h"

namespace persea {
namespace {

// What comes out after each byte, one token a byte.
std::vector<std::string> pieces(const std::string& bytes) {
  const Tokenizer tokenizer = byte_tokenizer({});
  StreamingDecoder decoder(tokenizer);
  std::vector<std::string> out;
  for (const int32_t id : tokenizer.encode(bytes)) out.push_back(decoder.push(id));
  out.push_back(decoder.finish());
  return out;
}

TEST(StreamingDecoder, GivesWholeCharacters) {
  EXPECT_EQ(pieces("a\u00e9\U0001F951"), (std::vector<std::string>{"a", "", "\u00e9", "", "", "", "\U0001F951", ""}));
}

TEST(StreamingDecoder, ReplacesWhatIsNoCharacter) {
  EXPECT_EQ(pieces("\xc3(\xff"), (std::vector<std::string>{"", "\ufffd(", "\ufffd", ""}));
  EXPECT_EQ(pieces("x\xf0\x9f"), (std::vector<std::string>{"x", "", "", "\ufffd"}));
}

TEST(StreamingDecoder, GivesInAllWhatDecodingAtOnceGives) {
  std::string bytes;
  for (int i = 0; i < 3000; ++i) bytes += static_cast<char>((i * 7919 + i / 3) % 256);
  std::string all;
  for (const std::string& piece : pieces(bytes)) {
    EXPECT_EQ(unicode::to_valid_utf8(piece), piece);
    all += piece;
  }
  EXPECT_EQ(all, unicode::to_valid_utf8(bytes));
}

}  // namespace
}  // namespace persea
