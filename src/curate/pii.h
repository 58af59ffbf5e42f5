// What in a text tells of a person or opens a door: e-mail and IP addresses, phone numbers, IBANs and payment cards
// whose check digits hold, keys and tokens. All of it by form alone: names and postal addresses it refuses to guess.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "curate/decision.h"

namespace persea::curate {

enum class PiiKind : uint8_t { email, ip, phone, iban, card, secret };
inline constexpr std::array<std::string_view, 6> kPiiNames = {"email", "ip", "phone", "iban", "card", "secret"};
inline constexpr std::array<std::string_view, 6> kPiiMasks = {"<EMAIL>", "<IP>", "<PHONE>", "<IBAN>", "<CARD>", "<SECRET>"};

struct PiiFind {
  PiiKind kind;
  Place place;
};

struct PiiOptions {
  std::array<bool, kPiiNames.size()> kinds = {true, true, true, true, true, true};  // which are looked for
  bool public_ips = true;  // only addresses of the public net: others (10.0.0.1, 127.0.0.1, fe80::1) are nobody's
};

// What `text` holds, in its order and apart from each other, to `found` (what was there goes). Takes time in proportion
// to the text whatever it holds.
void find_pii(std::string_view text, const PiiOptions& options, std::vector<PiiFind>& found);

// The text with each find's mask in its stead.
std::string mask_pii(std::string_view text, const std::vector<PiiFind>& found);

}  // namespace persea::curate
