// Numbers as JSON writes them, exactly: for bounds that have to hold to the last digit.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace persea::grammar {

class Decimal {
 public:
  Decimal() = default;  // zero
  // nullopt where it is no JSON number, or one of more than kMostDigits digits or a power of ten beyond 400.
  static std::optional<Decimal> parse(std::string_view text);

  bool zero() const { return digits_.empty(); }
  bool negative() const { return negative_; }
  bool integer() const { return exponent_ >= 0; }
  size_t significant() const { return digits_.size(); }
  Decimal magnitude() const;

  std::string whole() const;     // the digits before the point of the magnitude, at least "0"
  std::string fraction() const;  // those behind it, without zeros at the end
  std::string text() const;      // as JSON, the shorter of the ways with and without a power of ten

  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const = default;

  // From a JSON integer that must not be negative, as lengths and counts are; nullopt for others and beyond 2^31.
  std::optional<uint32_t> count() const;

  static constexpr size_t kMostDigits = 400;

 private:
  bool negative_ = false;
  std::string digits_;  // without zeros at either end; the value is digits * 10^exponent
  int exponent_ = 0;
};

}  // namespace persea::grammar
