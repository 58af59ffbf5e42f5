#include "nn/gguf_blocks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include "tensor/half.h"

namespace persea {
namespace {

constexpr std::array<BlockLayout, 8> kLayouts = {{{BlockType::f32, 0, "F32", 1, 4},
                                                  {BlockType::f16, 1, "F16", 1, 2},
                                                  {BlockType::bf16, 30, "BF16", 1, 2},
                                                  {BlockType::q8_0, 8, "Q8_0", 32, 34},
                                                  {BlockType::q4_0, 2, "Q4_0", 32, 18},
                                                  {BlockType::q4_k, 12, "Q4_K", 256, 144},
                                                  {BlockType::q5_k, 13, "Q5_K", 256, 176},
                                                  {BlockType::q6_k, 14, "Q6_K", 256, 210}}};

uint16_t bits_at(const uint8_t* at) {
  uint16_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}
float half_at(const uint8_t* at) { return from_half(bits_at(at)); }

// Scale and minimum of the eight groups of 32 in a block of Q4_K or Q5_K: 6 bits each, the upper two of the later four
// groups beside the earlier four.
struct Group {
  float scale, minimum;
};
std::array<Group, 8> groups_of(const uint8_t* block) {
  const float d = half_at(block), least = half_at(block + 2);
  const uint8_t* s = block + 4;
  std::array<Group, 8> groups;
  for (int i = 0; i < 4; ++i) {
    groups[i] = {d * static_cast<float>(s[i] & 63), least * static_cast<float>(s[i + 4] & 63)};
    groups[i + 4] = {d * static_cast<float>((s[i + 8] & 15) | (s[i] >> 6 << 4)),
                     least * static_cast<float>((s[i + 8] >> 4) | (s[i + 4] >> 6 << 4))};
  }
  return groups;
}

void read_q8_0(const uint8_t* block, float* out) {
  const float d = half_at(block);
  for (int i = 0; i < 32; ++i) out[i] = d * static_cast<float>(static_cast<int8_t>(block[2 + i]));
}

void read_q4_0(const uint8_t* block, float* out) {
  const float d = half_at(block);
  for (int i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>((block[2 + i] & 15) - 8);
    out[i + 16] = d * static_cast<float>((block[2 + i] >> 4) - 8);
  }
}

// Each run of 32 bytes holds two groups: the lower halves first, then the upper.
void read_q4_k(const uint8_t* block, float* out) {
  const auto groups = groups_of(block);
  for (int g = 0; g < 8; ++g) {
    const uint8_t* q = block + 16 + g / 2 * 32;
    for (int i = 0; i < 32; ++i) {
      const int value = g % 2 == 0 ? q[i] & 15 : q[i] >> 4;
      out[32 * g + i] = groups[g].scale * static_cast<float>(value) - groups[g].minimum;
    }
  }
}

// As Q4_K, with a fifth bit: bit g of byte i belongs to number i of group g.
void read_q5_k(const uint8_t* block, float* out) {
  const auto groups = groups_of(block);
  const uint8_t* high = block + 16;
  for (int g = 0; g < 8; ++g) {
    const uint8_t* q = block + 48 + g / 2 * 32;
    for (int i = 0; i < 32; ++i) {
      const int value = (g % 2 == 0 ? q[i] & 15 : q[i] >> 4) + (high[i] >> g & 1) * 16;
      out[32 * g + i] = groups[g].scale * static_cast<float>(value) - groups[g].minimum;
    }
  }
}

// Two halves of 128 numbers, each four runs of 32: the lower four bits of runs 0 and 2 (1 and 3) share bytes, the upper
// two bits of all four share a byte. A scale for every 16.
void read_q6_k(const uint8_t* block, float* out) {
  const float d = half_at(block + 208);
  for (int half = 0; half < 2; ++half) {
    const uint8_t* low = block + 64 * half;
    const uint8_t* high = block + 128 + 32 * half;
    const uint8_t* scales = block + 192 + 8 * half;
    for (int run = 0; run < 4; ++run) {
      for (int i = 0; i < 32; ++i) {
        const int nibble = low[run % 2 * 32 + i] >> (run / 2 * 4) & 15;
        const int value = (nibble | (high[i] >> (2 * run) & 3) << 4) - 32;
        const auto scale = static_cast<float>(static_cast<int8_t>(scales[2 * run + i / 16]));
        out[128 * half + 32 * run + i] = d * scale * static_cast<float>(value);
      }
    }
  }
}

void put_bits(uint16_t bits, uint8_t* at) { std::memcpy(at, &bits, sizeof bits); }

// The largest magnitude becomes 127.
void write_q8_0(const float* values, uint8_t* block) {
  float largest = 0;
  for (int i = 0; i < 32; ++i) largest = std::max(largest, std::abs(values[i]));
  const float d = largest / 127, inverse = d > 0 ? 1 / d : 0;
  put_bits(to_half(d), block);
  for (int i = 0; i < 32; ++i)
    block[2 + i] = static_cast<uint8_t>(static_cast<int8_t>(std::round(values[i] * inverse)));
}

// The number of largest magnitude becomes -8, the end of the range that goes further.
void write_q4_0(const float* values, uint8_t* block) {
  const float extreme =
      *std::max_element(values, values + 32, [](float a, float b) { return std::abs(a) < std::abs(b); });
  const float d = extreme / -8, inverse = d != 0 ? 1 / d : 0;
  put_bits(to_half(d), block);
  const auto level = [&](float value) { return std::clamp(static_cast<int>(value * inverse + 8.5F), 0, 15); };
  for (int i = 0; i < 16; ++i) block[2 + i] = static_cast<uint8_t>(level(values[i]) | level(values[i + 16]) << 4);
}

}  // namespace

const BlockLayout& layout_of(BlockType type) {
  for (const BlockLayout& layout : kLayouts)
    if (layout.type == type) return layout;
  throw std::logic_error("layout_of: no such type");
}

std::optional<BlockType> block_type_of(uint32_t id) {
  for (const BlockLayout& layout : kLayouts)
    if (layout.id == id) return layout.type;
  return std::nullopt;
}

namespace {

void check_sizes(const BlockLayout& layout, size_t elements, size_t bytes) {
  const auto count = static_cast<size_t>(layout.elements);
  if (elements % count != 0 || elements / count * static_cast<size_t>(layout.bytes) != bytes)
    throw std::logic_error("blocks: sizes differ");
}

}  // namespace

void read_blocks(BlockType type, std::span<const std::byte> blocks, std::span<float> out) {
  const BlockLayout& layout = layout_of(type);
  const auto count = static_cast<size_t>(layout.elements), bytes = static_cast<size_t>(layout.bytes);
  check_sizes(layout, out.size(), blocks.size());
  const auto* in = reinterpret_cast<const uint8_t*>(blocks.data());
  const auto each = [&](auto read) {
    for (size_t i = 0; i < out.size(); i += count, in += bytes) read(in, out.data() + i);
  };
  switch (type) {
    case BlockType::f32:
      if (!out.empty()) std::memcpy(out.data(), in, out.size_bytes());
      return;
    case BlockType::f16:
      return each([](const uint8_t* at, float* to) { *to = half_at(at); });
    case BlockType::bf16:
      return each([](const uint8_t* at, float* to) { *to = from_bf16(bits_at(at)); });
    case BlockType::q8_0:
      return each(read_q8_0);
    case BlockType::q4_0:
      return each(read_q4_0);
    case BlockType::q4_k:
      return each(read_q4_k);
    case BlockType::q5_k:
      return each(read_q5_k);
    case BlockType::q6_k:
      return each(read_q6_k);
  }
}

void write_blocks(BlockType type, std::span<const float> values, std::span<std::byte> blocks) {
  const BlockLayout& layout = layout_of(type);
  const auto count = static_cast<size_t>(layout.elements), bytes = static_cast<size_t>(layout.bytes);
  check_sizes(layout, values.size(), blocks.size());
  auto* out = reinterpret_cast<uint8_t*>(blocks.data());
  const auto each = [&](auto write) {
    for (size_t i = 0; i < values.size(); i += count, out += bytes) write(values.data() + i, out);
  };
  switch (type) {
    case BlockType::f32:
      if (!values.empty()) std::memcpy(out, values.data(), values.size_bytes());
      return;
    case BlockType::f16:
      return each([](const float* value, uint8_t* to) { put_bits(to_half(*value), to); });
    case BlockType::bf16:
      return each([](const float* value, uint8_t* to) { put_bits(to_bf16(*value), to); });
    case BlockType::q8_0:
      return each(write_q8_0);
    case BlockType::q4_0:
      return each(write_q4_0);
    default:
      throw std::logic_error("write_blocks: " + std::string(layout.name) + " is only read");
  }
}

}  // namespace persea
