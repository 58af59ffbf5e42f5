// The element types of GGUF: plain numbers, and blocks of 32 or 256 numbers that share scales. Each number's value is
// defined by the format to the last bit, so that what is read here is what other programs read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace persea {

enum class BlockType { f32, f16, bf16, q8_0, q4_0, q4_k, q5_k, q6_k };

struct BlockLayout {
  BlockType type;
  uint32_t id;  // in the file
  std::string_view name;
  int64_t elements, bytes;  // of a block
};

const BlockLayout& layout_of(BlockType type);
std::optional<BlockType> block_type_of(uint32_t id);

// `blocks` whole blocks of `type` become f32: out has as many elements as the blocks.
void read_blocks(BlockType type, std::span<const std::byte> blocks, std::span<float> out);

// The reverse, each number to the nearest that its block can hold, for f32, f16, bf16, q8_0 and q4_0; throws
// std::logic_error for the others, which are only read.
void write_blocks(BlockType type, std::span<const float> values, std::span<std::byte> blocks);

}  // namespace persea
