// is_address: optional scheme, optional user before an '@', a public IPv4 address or a host with a domain, optional
// port, optional path. What the pattern leaves open is tried: the host may begin at the start, behind the scheme, and
// behind any '@'. From the host on there is one way to read it.
#include <algorithm>

#include "curate/affixes.h"
#include "curate/char_flags.h"

namespace persea::curate {
namespace {

constexpr size_t kLongestLabel = 64, kLongestTop = 63;  // characters

bool host_char(uint32_t c) {  // the inside of a label, but for '_' and '-'
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= 0xa1 && c <= 0xffff);
}

// Behind the host: a port, a path, the end.
bool rest_fits(const Run& run, size_t i, size_t end) {
  if (i < end && run.at(i) == ':') {
    size_t digits = 0;
    while (i + 1 + digits < end && run.is(i + 1 + digits, kDecimal)) ++digits;
    if (digits < 2 || digits > 5) return false;
    i += 1 + digits;
  }
  return i == end || run.at(i) == '/' || run.at(i) == '?' || run.at(i) == '#';
}

// The number of 1 to 3 digits at `i`, which moves behind it; -1 where there is none.
int octet(const Run& run, size_t& i, size_t end, bool zero_first) {
  const size_t start = i;
  int value = 0;
  while (i < end && run.digit(i) && i - start < 3) value = value * 10 + static_cast<int>(run.at(i++) - '0');
  if (i == start || (i < end && run.digit(i)) || value > 255) return -1;
  if (run.at(start) == '0' && !(zero_first && i - start < 3)) return -1;
  return value;
}

bool public_ip_fits(const Run& run, size_t i, size_t end) {
  int parts[4];
  for (int n = 0; n < 4; ++n) {
    if (n > 0 && (i >= end || run.at(i++) != '.')) return false;
    parts[n] = octet(run, i, end, n == 1 || n == 2);
    if (parts[n] < 0) return false;
  }
  const int a = parts[0], b = parts[1];
  if (a > 223 || parts[3] > 254 || a == 10 || a == 127) return false;
  if ((a == 169 && b == 254) || (a == 192 && b == 168) || (a == 172 && b >= 16 && b <= 31)) return false;
  return rest_fits(run, i, end);
}

bool domain_fits(const Run& run, size_t start, size_t end) {
  for (size_t i = start; i < end;) {
    size_t top = i;
    while (top < end && run.is(top, kLower)) ++top;
    if (i > start && top - i >= 2 && top - i <= kLongestTop && rest_fits(run, top, end)) return true;
    const size_t label = i;
    while (i < end && (host_char(run.at(i)) || run.at(i) == '_' || run.at(i) == '-')) ++i;
    if (i == label || i >= end || run.at(i) != '.' || i - label > kLongestLabel) return false;
    if (!host_char(run.at(label)) || !host_char(run.at(i - 1))) return false;
    ++i;
  }
  return false;
}

bool host_fits(const Run& run, size_t i, size_t end) {
  return i < end && (public_ip_fits(run, i, end) || domain_fits(run, i, end));
}

}  // namespace

bool is_address(const Run& run, size_t begin, size_t end) {
  bool dotted = false;
  for (size_t i = begin; i < end && !dotted; ++i) dotted = run.at(i) == '.';
  if (!dotted) return false;
  if (host_fits(run, begin, end)) return true;
  size_t scheme = begin;
  while (scheme < end &&
         (run.is(scheme, kWordChar) || run.at(scheme) == '+' || run.at(scheme) == '-' || run.at(scheme) == '.'))
    ++scheme;
  if (scheme - begin >= 2 && scheme + 3 < end && run.text(scheme, scheme + 3) == "://" &&
      host_fits(run, scheme + 3, end))
    return true;
  for (size_t i = begin + 1; i < end; ++i)
    if (run.at(i) == '@' && host_fits(run, i + 1, end)) return true;
  return false;
}

}  // namespace persea::curate
