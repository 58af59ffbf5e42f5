// Random numbers: xoshiro256** (Blackman & Vigna 2018) seeded by splitmix64, and named sub-streams, so that adding a
// consumer changes no other's numbers. Deterministic on every machine. Not for cryptography.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace persea {

class Random {
 public:
  using State = std::array<uint64_t, 4>;
  explicit Random(uint64_t seed = 0);
  Random(uint64_t seed, std::string_view stream);  // an independent stream of this seed and name

  uint64_t next();
  uint64_t below(uint64_t n);  // uniform in [0, n), without bias; n > 0
  double uniform();            // [0, 1)
  double normal();             // mean 0, deviation 1 (Box-Muller, no state kept)
  bool chance(double p) { return uniform() < p; }
  template <class T>
  const T& pick(const std::vector<T>& items) {
    return items[below(items.size())];
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  State state() const { return state_; }
  void set_state(const State& state) { state_ = state; }

 private:
  State state_;
};

}  // namespace persea
