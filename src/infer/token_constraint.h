// What may come next beside what the model thinks: a grammar, for example. Belongs to one text. A Scheduler calls it on
// its own thread only.
#pragma once

#include <cstdint>
#include <span>

namespace persea {

class TokenConstraint {
 public:
  virtual ~TokenConstraint() = default;
  // Bit t % 64 of word t / 64: whether token t may come next, among them the tokens that end the text. None at all ends
  // the text.
  virtual void allowed(std::span<uint64_t> bits) = 0;
  virtual void accept(int32_t token) = 0;  // a token that was allowed has been written; not one that ends the text
};

}  // namespace persea
