// The JSON numbers within bounds, as the digits that may be written: exact automata over decimal digits. The length of
// what is written is limited, so that a number always ends, and so that readers who keep numbers in 64 bits see every
// number on the side of a bound on which it was written: integers have up to 18 digits, or as many as their bounds;
// others up to 15 in all.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "text/grammar/automaton.h"
#include "text/grammar/decimal.h"

namespace persea::grammar {

struct NumberLimits {
  struct Bound {
    Decimal value;
    bool exclusive = false;
  };
  bool integer = false;      // only numbers without a fraction, written so
  bool not_integer = false;  // only numbers with one
  std::optional<Bound> lower, upper;
  std::vector<Decimal> multiples, not_multiples;  // above zero
  std::vector<Decimal> not_equal;

  void at_least(const Decimal& value, bool exclusive);  // narrows the bounds
  void at_most(const Decimal& value, bool exclusive);
};

// Nothing is matched where no such number can be written. Errors: a multiple of too many digits, or an exclusive bound
// of more than 15.
Result<Dfa> number_language(const NumberLimits& limits);

// Whether value is a multiple of `of`, which is above zero.
bool multiple_of(const Decimal& value, const Decimal& of);

}  // namespace persea::grammar
