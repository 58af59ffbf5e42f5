#include "nn/gguf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/file.h"
#include "nn/gguf_blocks.h"
#include "nn/gguf_write.h"
#include "tensor/half.h"

namespace persea {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(PERSEA_SOURCE_DIR) / "tests/golden/blocks.gguf";

// What the library gguf wrote, and its own reading of it (bench/peers/make_gguf_golden.py).
TEST(Gguf, ReadsWhatItsLibraryWrote) {
  const auto file = Gguf::open(kGolden);
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto& metadata = file->metadata();
  EXPECT_EQ(metadata.at("general.architecture"), "llama");
  EXPECT_EQ(metadata.at("test.whole"), 7);
  EXPECT_EQ(metadata.at("test.negative"), -(int64_t{1} << 40));
  EXPECT_EQ(metadata.at("test.float"), 0.5);
  EXPECT_EQ(metadata.at("test.truth"), true);
  EXPECT_EQ(metadata.at("test.text"), "péché");
  EXPECT_EQ(metadata.at("test.texts"), Json({"a", "", "b c"}));
  EXPECT_EQ(metadata.at("test.numbers"), Json({1, -2, 3}));
  int compared = 0;
  for (const auto& [name, entry] : file->entries()) {
    const auto values = file->entries().find(name + ".values");
    if (values == file->entries().end()) continue;
    std::vector<float> read(static_cast<size_t>(element_count(entry.shape))), wanted(read.size());
    ASSERT_TRUE(file->read(name, entry.shape, read).ok());
    ASSERT_TRUE(file->read(name + ".values", entry.shape, wanted).ok());
    for (size_t i = 0; i < read.size(); ++i) ASSERT_EQ(read[i], wanted[i]) << name << ' ' << i;
    ++compared;
  }
  EXPECT_EQ(compared, 7);
  std::vector<float> values(4);
  EXPECT_FALSE(file->read("Q4_K", {2, 2}, values).ok());
  EXPECT_FALSE(file->read("nothing", {4}, values).ok());
}

TEST(Gguf, MakesTheBlocksThatItsLibraryMakes) {
  const auto file = Gguf::open(kGolden);
  ASSERT_TRUE(file.ok()) << file.error().message;
  const Shape shape = file->entries().at("F32").shape;
  std::vector<float> values(static_cast<size_t>(element_count(shape))), read(values.size()), wanted(values.size());
  ASSERT_TRUE(file->read("F32", shape, values).ok());
  for (const BlockType type : {BlockType::f16, BlockType::bf16, BlockType::q8_0, BlockType::q4_0}) {
    const BlockLayout& layout = layout_of(type);
    std::vector<std::byte> blocks(values.size() / static_cast<size_t>(layout.elements) *
                                  static_cast<size_t>(layout.bytes));
    write_blocks(type, values, blocks);
    read_blocks(type, blocks, read);
    ASSERT_TRUE(file->read(fmt::format("F32.{}", layout.name), shape, wanted).ok());
    for (size_t i = 0; i < read.size(); ++i) ASSERT_EQ(read[i], wanted[i]) << layout.name << ' ' << i;
  }
  std::vector<std::byte> block(144);
  EXPECT_THROW(write_blocks(BlockType::q4_k, std::span(values).first(256), block), std::logic_error);
}

TEST(Half, RoundsToNearestEven) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = from_half(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(from_half(to_half(value))));
      continue;
    }
    ASSERT_EQ(to_half(value), half) << bits;
    const float next = from_half(static_cast<uint16_t>(half + 1));
    if (!std::isfinite(value) || !std::isfinite(next)) continue;
    const float middle = value / 2 + next / 2;  // exact in f32
    ASSERT_EQ(to_half(middle), half % 2 == 0 ? half : half + 1) << bits;
    ASSERT_EQ(to_half(std::nextafter(middle, value)), half) << bits;
  }
  EXPECT_EQ(to_half(65519.9F), 0x7bff);
  EXPECT_EQ(to_half(65520.0F), 0x7c00);
  EXPECT_EQ(to_half(1e-9F), 0);
  EXPECT_EQ(to_bf16(1.00390625F), 0x3f80);  // a tie
  EXPECT_EQ(to_bf16(1.01171875F), 0x3f82);
}

TEST(Gguf, CutFilesAreErrors) {
  const std::string whole = *read_file(kGolden);
  for (size_t n = 0; n < whole.size(); n += n < 3000 ? 1 : 997) {
    const auto file = Gguf::parse(std::as_bytes(std::span(whole).first(n)), "cut");
    ASSERT_FALSE(file.ok()) << n;
    EXPECT_EQ(file.error().message.find('\n'), std::string::npos);
  }
}

// A header piece by piece, as hostile as a test wants it.
class Header {
 public:
  Header(uint32_t version, uint64_t tensors, uint64_t values) {
    bytes_ = "GGUF";
    put(version).put(tensors).put(values);
  }
  template <class T>
  Header& put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Header& text(std::string_view value) {
    put<uint64_t>(value.size());
    bytes_ += value;
    return *this;
  }
  std::string error() const {
    const auto file = Gguf::parse(std::as_bytes(std::span(bytes_)), "input");
    return file ? "" : file.error().message;
  }

 private:
  std::string bytes_;
};

TEST(Gguf, NamesWhatIsWrong) {
  constexpr uint32_t kU32 = 4, kBool = 7, kArray = 9, kF32 = 0, kQ4 = 2;
  constexpr uint64_t kHuge = uint64_t{1} << 60;
  const auto tensor = [](uint32_t axes, uint64_t extent, uint32_t type, uint64_t at) {
    Header header(3, 1, 0);
    header.text("t").put(axes);
    for (uint32_t i = 0; i < axes; ++i) header.put(extent);
    return header.put(type).put(at).error();
  };
  const std::pair<std::string, std::string> cases[] = {
      {Header(1, 0, 0).error(), "version 1"},
      {Header(3, 0, kHuge).error(), "truncated"},
      {Header(3, kHuge, 0).error(), "truncated"},
      {Header(3, 0, 1).put<uint64_t>(kHuge).error(), "truncated"},
      {Header(3, 0, 1).text("a\nb").error(), "no name"},
      {Header(3, 0, 1).text("a").put<uint32_t>(99).error(), "unknown type 99"},
      {Header(3, 0, 1).text("a").put(kBool).put<uint8_t>(2).error(), "truth value of 2"},
      {Header(3, 0, 1).text("a").put(kArray).put(kU32).put(kHuge).error(), "truncated"},
      {Header(3, 0, 2).text("a").put(kU32).put(1).text("a").put(kU32).put(1).error(), "twice"},
      {Header(3, 0, 1).text("general.alignment").put(kU32).put(3).error(), "no power of two"},
      {tensor(5, 1, kF32, 0), "5 axes"},
      {tensor(2, 0, kF32, 0), "impossible shape"},
      {tensor(4, kHuge, kF32, 0), "impossible shape"},
      {tensor(1, 4, 77, 0), "type 77"},
      {tensor(1, 40, kQ4, 0), "blocks of 32"},
      {tensor(1, 4, kF32, ~uint64_t{7}), "impossible place"},
      {tensor(1, 4, kF32, 8), "no multiple of 32"},
      {tensor(1, 4, kF32, 0), "truncated"},
  };
  for (const auto& [error, word] : cases) EXPECT_NE(error.find(word), std::string::npos) << word << ": " << error;
  Header deep(3, 0, 1);
  deep.text("a").put(kArray);
  for (int i = 0; i < 10; ++i) deep.put(kArray).put<uint64_t>(1);
  EXPECT_NE(deep.error().find("nested"), std::string::npos) << deep.error();
}

TEST(Gguf, ReadsAllPartsOfAFile) {
  const TempDir scratch = *TempDir::create(std::filesystem::temp_directory_path(), "gguf");
  const auto path = [&](int part) { return scratch.path() / fmt::format("m-{:05}-of-00002.gguf", part); };
  const auto write = [&](int part, int number, const char* name, float value) {
    Tensor tensor({2});
    tensor.data()[0] = value, tensor.data()[1] = 1;
    return write_gguf(path(part), {{"split.count", 2}, {"split.no", number}, {"split.tensors.count", 2}},
                      {{name, tensor, BlockType::f32}});
  };
  const auto error = [](const std::filesystem::path& file) {
    const auto gguf = Gguf::open(file);
    return gguf ? std::string() : gguf.error().message;
  };
  ASSERT_TRUE(write(1, 0, "a", 3).ok());
  EXPECT_NE(error(path(1)).find("m-00002-of-00002.gguf"), std::string::npos) << "the second is missing";
  ASSERT_TRUE(write(2, 1, "b", 4).ok());
  const auto file = Gguf::open(path(1));
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->files().size(), 2U);
  float values[2];
  ASSERT_TRUE(file->read("a", {2}, values).ok());
  EXPECT_EQ(values[0], 3);
  ASSERT_TRUE(file->read("b", {2}, values).ok());
  EXPECT_EQ(values[0], 4);

  EXPECT_NE(error(path(2)).find("name the first one"), std::string::npos) << error(path(2));
  ASSERT_TRUE(write(2, 0, "b", 4).ok());
  EXPECT_NE(error(path(1)).find("not part 2"), std::string::npos) << error(path(1));
  ASSERT_TRUE(write(2, 1, "a", 4).ok());
  EXPECT_NE(error(path(1)).find("another part"), std::string::npos) << error(path(1));
}

}  // namespace
}  // namespace persea
