// The guard over a run's loss: says of every step whether its gradient may be used. A loss that is no number, or far
// above what it has lately been, costs its step; several of them close together cost the steps back to the last
// checkpoint. It only judges: the loop acts. Its state is part of a checkpoint, so that a resumed run judges alike.
#pragma once

#include <cstdint>

#include "base/json.h"
#include "base/result.h"

namespace persea {

class SpikeGuard {
 public:
  enum class Verdict {
    accept,     // use the gradient
    skip,       // drop it and go on with the next batch
    roll_back,  // drop it, return to the last checkpoint, go on with the batches after this one
    give_up,    // rolled back as often as allowed, and the loss is still no number
  };

  struct Settings {
    double deviations = 8;  // above the recent mean: a spike; 0: only a loss that is no number is one
    int64_t patience = 4;   // spikes close together that ask for a rollback
    int64_t rollbacks = 3;  // once used up, spikes are accepted
  };

  explicit SpikeGuard(const Settings& settings) : settings_(settings) {}

  // Judges a step by its mean loss. `finite` is false where the gradient holds something that is no number.
  Verdict judge(double loss, bool finite = true);

  int64_t rollbacks() const { return rolled_back_; }

  Json state() const;
  Status set_state(const Json& state);
  // Takes over what an earlier guard had learnt, as a rollback does, but keeps counting rollbacks.
  Status restore(const Json& state);

 private:
  bool spike(double loss) const;
  void learn(double loss);

  Settings settings_;
  double mean_ = 0, variance_ = 0;                             // running, of accepted losses
  int64_t seen_ = 0, skips_ = 0, calm_ = 0, rolled_back_ = 0;  // calm: accepted in a row since the last skip
};

}  // namespace persea
