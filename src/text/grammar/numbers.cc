#include "text/grammar/numbers.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "text/grammar/expression.h"

namespace persea::grammar {
namespace {

constexpr uint32_t kIntegerDigits = 18;  // fit in 64 bits
constexpr uint32_t kDigits = 15;         // distinct ones are distinct doubles, in the same order
constexpr size_t kMostIntegerDigits = 60;
constexpr uint64_t kMostRemainders = 20000;

Expression digit(char low = '0', char high = '9') {
  Dfa dfa;
  dfa.states.resize(2);
  dfa.states[0].edges.push_back({static_cast<uint8_t>(low), static_cast<uint8_t>(high), 1});
  dfa.states[1].final = true;
  return language(std::move(dfa));
}
Expression sign(char c) { return digit(c, c); }
Expression whole(uint32_t most) { return choice({sign('0'), sequence({digit('1'), repeat(digit(), 0, most - 1)})}); }

// Numbers without a sign, of at most so many digits on both sides of the point together.
Result<Dfa> plain_numbers(bool integer, uint32_t whole_digits, uint32_t all_digits) {
  if (integer) return compiled(whole(whole_digits));
  std::vector<Expression> ways = {whole(whole_digits)};
  for (uint32_t before = 1; before < all_digits; ++before) {
    Expression exactly = before == 1 ? digit() : sequence({digit('1'), repeat(digit(), before - 1, before - 1)});
    ways.push_back(sequence({std::move(exactly), sign('.'), repeat(digit(), 1, all_digits - before)}));
  }
  return compiled(choice(std::move(ways)));
}

// Numbers without a sign (and without needless zeros in front) whose comparison with `bound` comes out as wanted.
Dfa compared(const Decimal& bound, bool less, bool equal, bool greater) {
  const std::string before = bound.whole(), behind = bound.fraction();
  enum Order : uint8_t { kLess, kEqual, kGreater };
  const auto wanted = [&](Order order) { return order == kLess ? less : order == kEqual ? equal : greater; };
  // (0, digits read, order so far) before the point; (1, digits that agree, order) behind it.
  using Key = std::tuple<int, size_t, Order>;
  Dfa dfa;
  std::map<Key, uint32_t> ids;
  std::vector<Key> keys;
  const auto id_of = [&](const Key& key) {
    const auto [it, fresh] = ids.emplace(key, static_cast<uint32_t>(keys.size()));
    if (fresh) keys.push_back(key);
    return it->second;
  };
  const auto order_of = [](char a, char b) { return a < b ? kLess : a > b ? kGreater : kEqual; };
  id_of({0, 0, kEqual});
  for (size_t id = 0; id < keys.size(); ++id) {
    const auto [part, read, order] = keys[id];
    Dfa::State state;
    const auto go = [&](char c, const Key& to) {
      const auto byte = static_cast<uint8_t>(c);
      const uint32_t target = id_of(to);
      if (!state.edges.empty() && state.edges.back().to == target && state.edges.back().high + 1 == byte) {
        state.edges.back().high = byte;
      } else {
        state.edges.push_back({byte, byte, target});
      }
    };
    if (part == 0) {
      const Order so_far = read < before.size() ? kLess : read > before.size() ? kGreater : order;
      state.final = read > 0 && wanted(so_far == kEqual && !behind.empty() ? kLess : so_far);
      if (read > 0) go('.', {1, 0, so_far});
      for (char c = '0'; c <= '9'; ++c) {
        if (read >= before.size()) {
          go(c, {0, before.size() + 1, kGreater});
        } else {
          go(c, {0, read + 1, order == kEqual ? order_of(c, before[read]) : order});
        }
      }
    } else {
      state.final = wanted(order == kEqual && read < behind.size() ? kLess : order);
      for (char c = '0'; c <= '9'; ++c) {
        if (order != kEqual) {
          go(c, keys[id]);
          continue;
        }
        const Order next = order_of(c, read < behind.size() ? behind[read] : '0');
        go(c, next == kEqual ? Key{1, std::min(read + 1, behind.size()), kEqual} : Key{1, 0, next});
      }
    }
    dfa.states.resize(std::max(dfa.states.size(), id + 1));
    dfa.states[id] = std::move(state);
  }
  return minimized(std::move(dfa));
}

// `of` as an integer and the number of digits behind the point.
Result<std::pair<uint64_t, uint32_t>> scaled(const Decimal& of) {
  const std::string behind = of.fraction(), digits = of.whole() + behind;
  uint64_t value = 0;
  for (const char c : digits) {
    value = value * 10 + static_cast<uint64_t>(c - '0');
    if (value > kMostRemainders)
      return fail("a multiple of {} digits or of more than {} is not supported", digits.size(), kMostRemainders);
  }
  if (behind.size() > kDigits) return fail("a multiple of that many digits is not supported");
  return std::pair(value, static_cast<uint32_t>(behind.size()));
}

// Numbers without a sign that are multiples: the remainder of the digits read so far is the state.
Result<Dfa> multiples_of(const Decimal& of) {
  PERSEA_TRY(const auto scale, scaled(of));
  const uint64_t by = scale.first;
  const uint32_t places = scale.second;
  if (by * (places + 2) > 4 * kMostRemainders) return fail("a multiple of that many digits is not supported");
  // State 1 + remainder + by * p: p is 0 before the point, 1 + the digits read behind it afterwards.
  Dfa dfa;
  dfa.states.resize(1 + by * (places + 2));
  const auto id = [&](uint64_t remainder, uint32_t part) { return static_cast<uint32_t>(1 + remainder + by * part); };
  const auto edges = [&](uint32_t from, uint64_t remainder, uint32_t part) {
    for (uint32_t d = 0; d < 10; ++d) {
      const auto byte = static_cast<uint8_t>('0' + d);
      dfa.states[from].edges.push_back({byte, byte, id((remainder * 10 + d) % by, part)});
    }
  };
  edges(0, 0, 0);
  for (uint64_t remainder = 0; remainder < by; ++remainder) {
    for (uint32_t part = 0; part < places + 2; ++part) {
      const uint32_t at = id(remainder, part), read = part > 0 ? part - 1 : 0;
      uint64_t rest = remainder;
      for (uint32_t i = read; i < places; ++i) rest = rest * 10 % by;
      dfa.states[at].final = rest == 0;
      if (part == 0) dfa.states[at].edges.push_back({'.', '.', id(remainder, 1)});
      if (part == 0 || read < places) {
        edges(at, remainder, part == 0 ? 0 : part + 1);
      } else {
        dfa.states[at].edges.push_back({'0', '0', at});
      }
    }
  }
  return dfa;
}

class NumberWriter {
 public:
  explicit NumberWriter(const NumberLimits& limits) : limits_(limits) {}

  Result<Dfa> run() {
    if (limits_.integer && limits_.not_integer) return compiled(choice({}));
    if (simple()) return compiled(simple_numbers());
    for (const auto* bound : {&limits_.lower, &limits_.upper}) {
      if (!*bound) continue;
      if (!limits_.integer && (*bound)->exclusive && (*bound)->value.significant() > kDigits)
        return fail("an exclusive bound of more than {} digits is not supported for numbers that are no integers",
                    kDigits);
      if (limits_.integer && (*bound)->value.whole().size() > kMostIntegerDigits)
        return fail("a bound of more than {} digits is not supported", kMostIntegerDigits);
    }
    PERSEA_TRY(const Dfa positive, one_sign(false));
    PERSEA_TRY(const Dfa negative, one_sign(true));
    return compiled(choice({language(positive), sequence({sign('-'), language(negative)})}));
  }

 private:
  bool simple() const {
    return !limits_.lower && !limits_.upper && !limits_.not_integer && limits_.multiples.empty() &&
           limits_.not_multiples.empty() && limits_.not_equal.empty();
  }
  Expression simple_numbers() const {
    std::vector<Expression> parts = {optional(sign('-')), whole(limits_.integer ? kIntegerDigits : kDigits)};
    if (!limits_.integer) {
      parts.push_back(optional(sequence({sign('.'), repeat(digit(), 1, kDigits)})));
      parts.push_back(optional(
          sequence({choice({sign('e'), sign('E')}), optional(choice({sign('+'), sign('-')})), repeat(digit(), 1, 2)})));
    }
    return sequence(std::move(parts));
  }

  // The magnitudes of the numbers of one sign. Zero has none.
  Result<Dfa> one_sign(bool negative) const {
    size_t digits = limits_.integer ? kIntegerDigits : kDigits;
    if (limits_.integer && limits_.lower) digits = std::max(digits, limits_.lower->value.whole().size());
    if (limits_.integer && limits_.upper) digits = std::max(digits, limits_.upper->value.whole().size());
    PERSEA_TRY(Dfa all, plain_numbers(limits_.integer, static_cast<uint32_t>(digits), kDigits));
    const auto keep = [&](const Dfa& which) -> Status {
      PERSEA_TRY(all, intersection(all, which));
      return {};
    };
    const auto drop = [&](const Dfa& which) -> Status {
      PERSEA_TRY(all, difference(all, which));
      return {};
    };
    if (negative) PERSEA_CHECK(keep(compared(Decimal(), false, false, true)));
    if (const auto& bound = limits_.lower) {
      const Decimal m = bound->value.magnitude();
      if (negative) {  // -x >= -m: x <= m
        PERSEA_CHECK(keep(compared(m, bound->value.negative(), bound->value.negative() && !bound->exclusive, false)));
      } else if (!bound->value.negative()) {
        PERSEA_CHECK(keep(compared(m, false, !bound->exclusive, true)));
      }
    }
    if (const auto& bound = limits_.upper) {
      const Decimal m = bound->value.magnitude();
      if (!negative) {
        PERSEA_CHECK(keep(compared(m, !bound->value.negative(), !bound->value.negative() && !bound->exclusive, false)));
      } else if (bound->value.negative()) {  // -x <= -m: x >= m
        PERSEA_CHECK(keep(compared(m, false, !bound->exclusive, true)));
      }
    }
    if (limits_.not_integer) {
      PERSEA_TRY(const Dfa integers,
                 compiled(sequence(
                     {repeat(digit(), 1, kNoLimit), optional(sequence({sign('.'), repeat(sign('0'), 1, kNoLimit)}))})));
      PERSEA_CHECK(drop(integers));
    }
    for (const Decimal& of : limits_.multiples) {
      PERSEA_TRY(const Dfa which, multiples_of(of));
      PERSEA_CHECK(keep(which));
    }
    for (const Decimal& of : limits_.not_multiples) {
      PERSEA_TRY(const Dfa which, multiples_of(of));
      PERSEA_CHECK(drop(which));
    }
    for (const Decimal& value : limits_.not_equal) {
      if (value.negative() == negative) PERSEA_CHECK(drop(compared(value.magnitude(), false, true, false)));
    }
    return all;
  }

  const NumberLimits& limits_;
};

}  // namespace

void NumberLimits::at_least(const Decimal& value, bool exclusive) {
  if (!lower || value > lower->value || (value == lower->value && exclusive)) lower = {value, exclusive};
}
void NumberLimits::at_most(const Decimal& value, bool exclusive) {
  if (!upper || value < upper->value || (value == upper->value && exclusive)) upper = {value, exclusive};
}

Result<Dfa> number_language(const NumberLimits& limits) { return NumberWriter(limits).run(); }

bool multiple_of(const Decimal& value, const Decimal& of) {
  // Both as integers of the same unit; long division, a digit at a time.
  const std::string value_behind = value.fraction(), of_behind = of.fraction();
  const size_t places = std::max(value_behind.size(), of_behind.size());
  const auto digits = [&](const Decimal& d, const std::string& behind) {
    return d.whole() + behind + std::string(places - behind.size(), '0');
  };
  std::string divisor = digits(of, of_behind), remainder;
  divisor.erase(0, std::min(divisor.find_first_not_of('0'), divisor.size()));
  const auto at_least = [&] {
    return remainder.size() != divisor.size() ? remainder.size() > divisor.size() : remainder >= divisor;
  };
  for (const char c : digits(value, value_behind)) {
    if (!remainder.empty() || c != '0') remainder += c;
    while (at_least()) {  // remainder -= divisor, at most nine times
      int borrow = 0;
      for (size_t i = 0; i < remainder.size(); ++i) {
        const size_t at = remainder.size() - 1 - i;
        int d = remainder[at] - '0' - borrow - (i < divisor.size() ? divisor[divisor.size() - 1 - i] - '0' : 0);
        borrow = d < 0;
        if (d < 0) d += 10;
        remainder[at] = static_cast<char>('0' + d);
      }
      remainder.erase(0, std::min(remainder.find_first_not_of('0'), remainder.size()));
    }
  }
  return remainder.empty();
}

}  // namespace persea::grammar
