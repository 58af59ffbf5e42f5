// The alphabet by which byte-level vocabularies write bytes as printable characters (GPT-2's "bytes to unicode"): a
// printable Latin-1 character stands for itself, the other 68 bytes for U+0100 onwards.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace persea {

std::string byte_level_text(std::string_view bytes);
// nullopt where a character stands for no byte.
std::optional<std::string> byte_level_bytes(std::string_view text);

// All bytes in the order of their characters: the order of the first 256 ids of a vocabulary that starts from bytes.
const std::array<unsigned char, 256>& byte_level_order();

}  // namespace persea
