#include "text/jinja/format_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/jinja/pytext.h"

namespace persea::jinja {
namespace {

std::string grouped(std::string_view digits, char by) {
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += by;
    out += digits[i];
  }
  return out;
}

std::string sign_of(const Field& field, bool negative) {
  return negative ? "-" : field.sign == '-' ? "" : std::string(1, field.sign);
}

}  // namespace

std::string filled(const Field& field, std::string_view sign, std::string_view body, char align) {
  const auto own = static_cast<int64_t>(char_count(sign) + char_count(body));
  const int64_t gap = std::max<int64_t>(field.width - own, 0);
  const int64_t left = align == '<' ? 0 : align == '^' ? gap / 2 : gap;
  const auto fill = [&](int64_t n) {
    std::string all;
    for (; n > 0; --n) all += field.fill;
    return all;
  };
  if (align == '=') return std::string(sign) + fill(gap) + std::string(body);
  return fill(left) + std::string(sign) + std::string(body) + fill(gap - left);
}

std::string format_whole(const Field& field, int64_t value, int64_t least_digits) {
  const uint64_t size = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  std::string digits;
  switch (field.type) {
    case 'x':
      digits = fmt::format("{:x}", size);
      break;
    case 'X':
      digits = fmt::format("{:X}", size);
      break;
    case 'o':
      digits = fmt::format("{:o}", size);
      break;
    case 'b':
      digits = fmt::format("{:b}", size);
      break;
    default:
      digits = fmt::format("{}", size);
  }
  if (static_cast<int64_t>(digits.size()) < least_digits) digits.insert(0, least_digits - digits.size(), '0');
  if (field.group != 0) digits = grouped(digits, field.group);
  std::string sign = sign_of(field, value < 0);
  if (field.prefix && field.type != 'd' && field.type != 0) sign += std::string("0") + field.type;
  return filled(field, sign, digits, field.align == 0 ? '>' : field.align);
}

std::string format_real(const Field& field, double value) {
  const double size = std::abs(value);
  std::string digits;
  const int precision = static_cast<int>(field.precision < 0 ? 6 : field.precision);
  if (!std::isfinite(value)) {
    digits = std::isnan(value) ? "nan" : "inf";
  } else {
    switch (field.type) {
      case 'e':
        digits = fmt::format("{:.{}e}", size, precision);
        break;
      case 'E':
        digits = fmt::format("{:.{}E}", size, precision);
        break;
      case 'g':
        digits = fmt::format("{:.{}g}", size, std::max(precision, 1));
        break;
      case 'G':
        digits = fmt::format("{:.{}G}", size, std::max(precision, 1));
        break;
      case '%':
        digits = fmt::format("{:.{}f}%", size * 100, precision);
        break;
      default:
        digits = fmt::format("{:.{}f}", size, precision);
    }
  }
  if (field.group != 0) {
    const size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
    digits = grouped(digits.substr(0, whole), field.group) + digits.substr(whole);
  }
  return filled(field, sign_of(field, std::signbit(value)), digits, field.align == 0 ? '>' : field.align);
}

}  // namespace persea::jinja
