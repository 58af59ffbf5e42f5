// Floats that several ranks share out: each piece has one owner. The owners add up what all ranks hold of their pieces,
// and give back what they made of them. Sums are taken in the order of the ranks, whatever arrives first and however it
// travels: the same ranks give the same bits. Nothing waits but wait(), so that the arithmetic that makes the next
// piece hides the way of the last one.
//
// Of n ranks that own as much each, a rank sends and receives (n - 1) / n of all floats in reduce(), and as much in
// share(): what a ring sends, in one hop.
//
// Pieces that lie on GPUs, which the ranks have joined (Ranks::join_gpus), travel from GPU to GPU and are added up
// there, behind what the GPU was asked to compute when they were begun and beside what it is asked for later. They
// travel in batches: what is begun there one by one would also be moved one by one.
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
  Device device = cpu_device;
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
  // A batch that is under way between GPUs.
  struct Flight {
    std::vector<Tensor> parts;  // the sums' others
    std::vector<int> peers;
    std::unique_ptr<Transfer> transfer;
  };
  void add_up(Sum& sum);
  void reduce_on_gpu(const Piece& piece);
  void share_on_gpu(const Piece& piece);
  void begin_batch();
  std::vector<int> move_on();

  Ranks& ranks_;
  std::vector<Pending> moving_;
  std::list<Sum> sums_;
  GpuBatch batch_;  // gathered so far
  std::vector<Tensor> batch_parts_;
  int64_t batch_floats_ = 0;  // of reduce()
  std::vector<Flight> flights_;
};

}  // namespace persea
