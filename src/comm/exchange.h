// Floats that several ranks share out: each piece has one owner. The owners add up what all ranks hold of their pieces,
// and give back what they made of them. Sums are taken in the order of the ranks, whatever arrives first and however it
// travels: the same ranks give the same bits. Nothing waits but wait(), so that the arithmetic that makes the next
// piece hides the way of the last one.
//
// Of n ranks that own as much each, a rank sends and receives (n - 1) / n of all floats in reduce(), and as much in
// share(): what a ring sends, in one hop.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "comm/ranks.h"
#include "tensor/tensor.h"

namespace persea {

struct Piece {
  float* data;
  int64_t count;
  int owner;  // its rank
};

// All ranks begin the same pieces in the same order; the memory has to stay, and be left alone, until wait().
class Exchange {
 public:
  explicit Exchange(Ranks& ranks) : ranks_(ranks) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Afterwards the owner's floats are the sums over all ranks, in their order; those of others are what they were.
  void reduce(const Piece& piece);
  // Afterwards all ranks hold the owner's floats.
  void share(const Piece& piece);
  // Floats of rank `from` to those of rank `to`; the others have nothing to do with it.
  void move(int from, int to, std::span<float> floats);
  // Moves on what is under way.
  void progress();
  // Until everything that was begun is done.
  Status wait();

 private:
  struct Pending {
    int peer;
    std::unique_ptr<Transfer> transfer;
  };
  // A piece of this rank whose contributions are coming in.
  struct Sum {
    Piece piece;
    std::vector<Tensor> parts;  // by rank; none of its own
    std::vector<Pending> arriving;
  };
  void add_up(Sum& sum);
  std::vector<int> move_on();

  Ranks& ranks_;
  std::vector<Pending> moving_;
  std::list<Sum> sums_;
};

}  // namespace persea
