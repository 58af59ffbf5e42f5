#include "text/grammar/decimal.h"

#include <fmt/format.h>

#include <algorithm>

namespace persea::grammar {
namespace {

constexpr int kMostPower = 400;
constexpr size_t kLongestPlain = 30;  // a text that is longer than that has a power of ten

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits at the front.
std::string_view take_digits(std::string_view& text) {
  const auto size = static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  const std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  return digits;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  Decimal value;
  value.negative_ = take(text, '-');
  const std::string_view whole = take_digits(text);
  if (whole.empty() || (whole.size() > 1 && whole[0] == '0')) return std::nullopt;
  value.digits_ = whole;
  if (take(text, '.')) {
    const std::string_view fraction = take_digits(text);
    if (fraction.empty() || fraction.size() > kMostDigits) return std::nullopt;
    value.digits_ += fraction;
    value.exponent_ = -static_cast<int>(fraction.size());
  }
  if (value.digits_.size() > kMostDigits) return std::nullopt;
  if (!text.empty() && (text[0] | 32) == 'e') {
    text.remove_prefix(1);
    const bool down = take(text, '-');
    if (!down) take(text, '+');
    std::string_view power = take_digits(text);
    if (power.empty()) return std::nullopt;
    while (power.size() > 1 && power[0] == '0') power.remove_prefix(1);
    if (power.size() > 3) return std::nullopt;
    int number = 0;
    for (const char c : power) number = number * 10 + (c - '0');
    if (number > kMostPower) return std::nullopt;
    value.exponent_ += down ? -number : number;
  }
  if (!text.empty()) return std::nullopt;
  const size_t first = std::min(value.digits_.find_first_not_of('0'), value.digits_.size());
  value.digits_.erase(0, first);
  while (!value.digits_.empty() && value.digits_.back() == '0') {
    value.digits_.pop_back();
    ++value.exponent_;
  }
  if (value.digits_.empty()) return Decimal();
  return value;
}

Decimal Decimal::magnitude() const {
  Decimal value = *this;
  value.negative_ = false;
  return value;
}

std::string Decimal::whole() const {
  if (exponent_ >= 0) return zero() ? "0" : digits_ + std::string(static_cast<size_t>(exponent_), '0');
  const size_t behind = static_cast<size_t>(-exponent_);
  return behind >= digits_.size() ? "0" : digits_.substr(0, digits_.size() - behind);
}

std::string Decimal::fraction() const {
  if (exponent_ >= 0) return "";
  const size_t behind = static_cast<size_t>(-exponent_);
  if (behind > digits_.size()) return std::string(behind - digits_.size(), '0') + digits_;
  return digits_.substr(digits_.size() - behind);
}

std::string Decimal::text() const {
  const std::string sign = negative_ ? "-" : "", before = whole(), behind = fraction();
  if (before.size() + behind.size() <= kLongestPlain) return sign + before + (behind.empty() ? "" : "." + behind);
  const int power = exponent_ + static_cast<int>(digits_.size()) - 1;
  const std::string rest = digits_.substr(1);
  return fmt::format("{}{}{}{}e{}", sign, digits_[0], rest.empty() ? "" : ".", rest, power);
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  if (negative_ != other.negative_) return negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  const auto magnitudes = [](const Decimal& a, const Decimal& b) {
    if (a.zero() || b.zero()) return a.digits_.size() <=> b.digits_.size();
    const int power_a = a.exponent_ + static_cast<int>(a.digits_.size());
    const int power_b = b.exponent_ + static_cast<int>(b.digits_.size());
    if (power_a != power_b) return power_a <=> power_b;
    const int order = a.digits_.compare(b.digits_);  // without zeros at the end, the shorter of two that agree is less
    return order <=> 0;
  };
  return negative_ ? magnitudes(other, *this) : magnitudes(*this, other);
}

std::optional<uint32_t> Decimal::count() const {
  if (negative_ || !integer()) return std::nullopt;
  const std::string digits = whole();
  if (digits.size() > 10) return std::nullopt;
  uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<uint64_t>(c - '0');
  if (value >= uint64_t{1} << 31) return std::nullopt;
  return static_cast<uint32_t>(value);
}

}  // namespace persea::grammar
