#include "nn/safetensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace persea {
namespace {

std::string file_of(std::string_view header, size_t data_bytes, int64_t stated = -1) {
  const uint64_t size = stated < 0 ? header.size() : static_cast<uint64_t>(stated);
  std::string bytes(reinterpret_cast<const char*>(&size), 8);
  return bytes.append(header).append(data_bytes, '\0');
}

Result<Safetensors> parse(const std::string& bytes) {
  return Safetensors::parse(std::as_bytes(std::span(bytes.data(), bytes.size())), "x.safetensors");
}

fs::path scratch() {
  static const TempDir dir = *TempDir::create(fs::temp_directory_path(), "persea-safetensors");
  return dir.path();
}

TEST(Safetensors, WritesWhatItReads) {
  Tensor a({2, 3}), b({4});
  for (int i = 0; i < 6; ++i) a.data()[i] = static_cast<float>(i) - 2.5F;
  for (int i = 0; i < 4; ++i) b.data()[i] = std::ldexp(1.0F, -40 * i);
  const fs::path path = scratch() / "ab.safetensors";
  ASSERT_TRUE(write_safetensors(path, {{"b", b}, {"a", a}}).ok());
  const auto file = Safetensors::open(path);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->metadata().at("format"), "pt");
  ASSERT_EQ(file->entries().size(), 2U);
  EXPECT_EQ(file->entries().at("a").begin, 0U);
  Tensor back({2, 3});
  ASSERT_TRUE(file->read("a", {2, 3}, back.span()).ok());
  EXPECT_EQ(std::memcmp(back.data(), a.data(), 24), 0);

  const std::string first = *read_file(path);
  EXPECT_EQ(first.size() % 8, 0U) << "40 bytes of elements, aligned";
  ASSERT_TRUE(write_safetensors(path, {{"a", a}, {"b", b}}).ok());
  EXPECT_EQ(first, *read_file(path)) << "the order given does not matter";
}

TEST(Safetensors, ConvertsHalfTypes) {
  const uint16_t half[] = {0x3c00, 0xc000, 0x0001, 0x8000, 0x7bff, 0x7c00, 0x03ff, 0x7e00};
  const float wanted[] = {1, -2, 0x1p-24F, -0.0F, 65504, std::numeric_limits<float>::infinity(), 1023 * 0x1p-24F};
  const uint16_t brain[] = {0x3f80, 0xc000, 0x7f80};
  std::string bytes = file_of(
      R"({"h":{"dtype":"F16","shape":[8],"data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]}})",
      0);
  bytes.append(reinterpret_cast<const char*>(half), 16).append(reinterpret_cast<const char*>(brain), 6);
  const auto file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  float out[8];
  ASSERT_TRUE(file->read("h", {8}, out).ok());
  for (int i = 0; i < 7; ++i) EXPECT_EQ(std::bit_cast<uint32_t>(out[i]), std::bit_cast<uint32_t>(wanted[i])) << i;
  EXPECT_TRUE(std::isnan(out[7]));
  ASSERT_TRUE(file->read("b", {3}, std::span(out, 3)).ok());
  EXPECT_EQ(out[1], -2);
  EXPECT_EQ(out[2], std::numeric_limits<float>::infinity());
}

TEST(Safetensors, ReadsOnlyWhatFits) {
  const std::string bytes = file_of(R"({"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", 8);
  const auto file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  float out[2];
  EXPECT_EQ(file->read("i", {1}, std::span(out, 1)).error().message,
            "x.safetensors: tensor i is of type I64; F32, F16 and BF16 are supported");
  EXPECT_EQ(file->read("i", {2}, out).error().message, "x.safetensors: tensor i is [1]; the model needs [2]");
  EXPECT_EQ(file->read("j", {2}, out).error().message, "x.safetensors: tensor j is missing");
}

TEST(Safetensors, RefusesHostileHeaders) {
  const struct {
    std::string bytes;
    const char* said;
  } cases[] = {
      {"", "has 0 bytes"},
      {"1234567", "has 7 bytes"},
      {file_of("{}", 0, 3), "truncated"},
      {file_of("{}", 0, int64_t{1} << 40), "no safetensors file"},
      {file_of("[]", 0), "does not begin with {"},
      {file_of("{", 0), "header"},
      {file_of("{\"a\xff\":1}", 0), "header"},
      {file_of("{}", 5), "5 bytes follow the last tensor"},
      {file_of(R"({"a":1})", 0), "tensor a: is no object"},
      {file_of(R"({"a":{"dtype":"F32","shape":[1]}})", 4), "needs dtype, shape and data_offsets"},
      {file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", 4), "unknown key \"x\""},
      {file_of(R"({"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", 4), "unknown dtype \"F33\""},
      {file_of(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4), "whole numbers"},
      {file_of(R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4), "whole numbers"},
      {file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 4), "truncated or altered"},
      {file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4), "truncated or altered"},
      {file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4),
       "2 elements of F32 do not take 4 bytes"},
      {file_of(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}})", 4), "more elements"},
      {file_of(R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})", 4), "more elements"},
      {file_of(
           R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
           3),
       "tensor b overlaps"},
      {file_of(
           R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
           3),
       "tensor b leaves a hole"},
      {file_of(
           R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
           1),
       "\"a\" stands twice"},
      {file_of(R"({"a\nb":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1), "tensor a?b: no name"},
      {file_of(R"({"__metadata__":{"k":1}})", 0), "\"k\" must be a text"},
      {file_of("{" + std::string(3000, '['), 0), "header"},
  };
  for (const auto& c : cases) {
    const auto file = parse(c.bytes);
    ASSERT_FALSE(file.ok()) << c.bytes.substr(8);
    EXPECT_NE(file.error().message.find(c.said), std::string::npos) << file.error().message;
    EXPECT_EQ(file.error().message.find('\n'), std::string::npos);
  }
}

TEST(Safetensors, TakesEmptyTensorsAndEmptyFiles) {
  EXPECT_TRUE(parse(file_of("{}", 0)).ok());
  const std::string bytes = file_of(
      R"({"e":{"dtype":"F32","shape":[0,1099511627776],"data_offsets":[0,0]},"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
      4);
  const auto file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  float scalar = 1;
  EXPECT_TRUE(file->read("s", {}, std::span(&scalar, 1)).ok());
  EXPECT_EQ(scalar, 0);
}

TEST(Safetensors, EveryTruncationIsNoticed) {
  const fs::path path = scratch() / "cut.safetensors";
  ASSERT_TRUE(write_safetensors(path, {{"weight", Tensor::zeros({5})}}).ok());
  const std::string whole = *read_file(path);
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(parse(whole.substr(0, size)).ok()) << size;
}

}  // namespace
}  // namespace persea
