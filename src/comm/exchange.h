// Numbers that several ranks share out: each piece has one owner. The owners add up what all ranks hold of their
// pieces, and give back what they made of them. Sums are taken in the order of the ranks, whatever arrives first and
// however it travels: the same ranks give the same bits. Nothing waits but wait() and order(), so that the arithmetic
// that makes the next piece hides the way of the last one.
//
// Of n ranks that own as much each, a rank sends and receives (n - 1) / n of all numbers in reduce(), and as much in
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
  void* data;
  int64_t count;
  int owner;  // its rank
  Device device = cpu_device;
  DType dtype = DType::f32;  // or bf16, on a GPU

  int64_t bytes() const { return count * dtype_bytes(dtype); }
};

// All ranks begin the same pieces in the same order; the memory has to stay, and be left alone, until wait().
class Exchange {
 public:
  // Of so many numbers of reduce() on a batch between GPUs is begun.
  explicit Exchange(Ranks& ranks, int64_t batch = 8 << 20) : ranks_(ranks), least_batch_(batch) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Afterwards the owner's numbers are the sums over all ranks, in their order; those of others are what they were.
  void reduce(const Piece& piece);
  // Afterwards all ranks hold the owner's numbers.
  void share(const Piece& piece);
  // Floats of rank `from` to those of rank `to`; the others have nothing to do with it.
  void move(int from, int to, std::span<float> floats, Device device = cpu_device);
  // Moves on what is under way.
  void progress();
  // Until everything that was begun is done.
  Status wait();
  // Until what is computed from now on finds everything that was begun done: on a GPU what it is asked for comes after
  // it, and this does not wait for the GPU, unless the exchanges before the last few are not done. Whoever reads
  // results on the CPU calls wait() before, which sees a rank that died; waiting for the GPU does not.
  Status order();

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
    std::unique_ptr<GpuTransfer> transfer;
  };
  void add_up(Sum& sum);
  void reduce_on_gpu(const Piece& piece);
  void share_on_gpu(const Piece& piece);
  void begin_batch();
  std::vector<int> move_on();

  Ranks& ranks_;
  const int64_t least_batch_;
  std::vector<Pending> moving_;
  std::list<Sum> sums_;
  GpuBatch batch_;  // gathered so far
  std::vector<Tensor> batch_parts_;
  int64_t batch_numbers_ = 0;  // of reduce()
  std::vector<Flight> flights_;
};

}  // namespace persea
