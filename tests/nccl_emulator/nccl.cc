// What the project uses of NCCL, on the CPU: ranks, which are processes or threads of one machine, pass bytes through
// shared memory. For tests, with tests/cuda_emulator: its "device" memory is the host's. PERSEA_NCCL names the library.
//
// It is stricter than NCCL: a send is done when it has been received, groups follow each other, and a call on a
// communicator that is still at work is an error. So are places of a group that overlap, unless both are sent from, and
// what changes while it is being sent; what is to be received is no number until it has come. It moves on when it is
// polled, and says "in progress" until all is done, because the emulator's streams do at once what they are asked for.
// It refuses anything but communicators that do not block.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

namespace {

enum Status : int { kDone = 0, kSystemError = 2, kInvalidArgument = 4, kInvalidUsage = 5, kInProgress = 7 };
constexpr int kInt8 = 0;
constexpr size_t kSlot = 64 << 10;

struct UniqueId {
  char name[128];
};
struct Config {
  size_t size;
  unsigned magic, version;
  int blocking;
};

// One way between two ranks. The sender fills the slot where it is empty, the receiver empties it.
struct Channel {
  std::atomic<uint64_t> total, bytes;  // of the whole message; in the slot, 0: empty
  std::byte slot[kSlot];
};
struct Shared {
  std::atomic<int> joined;
};

struct Move {
  std::byte* data;
  size_t bytes;
  int peer;
  bool sends;
  uint64_t sum = 0;  // of what is sent, when it was asked for
  size_t moved = 0;
  bool done = false;
};

// FNV-1a.
uint64_t sum_of(const Move& move) {
  uint64_t sum = 0xcbf29ce484222325;
  for (size_t i = 0; i < move.bytes; ++i) sum = (sum ^ static_cast<uint64_t>(move.data[i])) * 0x100000001b3;
  return sum;
}

bool overlap(const Move& a, const Move& b) { return a.data < b.data + b.bytes && b.data < a.data + a.bytes; }

}  // namespace

struct Communicator {
  int rank, size;
  UniqueId id;
  std::byte* memory = nullptr;
  size_t bytes = 0;
  bool joined = false;
  Status error = kDone;
  std::deque<std::vector<Move>> groups = {};

  Channel& channel(int from, int to) const {
    return reinterpret_cast<Channel*>(memory + 64)[static_cast<size_t>(from * size + to)];
  }
  bool at_work() const { return error == kDone && (!joined || !groups.empty()); }
};

namespace {

thread_local int depth = 0;
thread_local std::vector<std::pair<Communicator*, Move>> gathered;

void step(const Communicator& own, Move& move, Status& error) {
  Channel& channel = move.sends ? own.channel(own.rank, move.peer) : own.channel(move.peer, own.rank);
  const uint64_t there = channel.bytes.load(std::memory_order_acquire);
  if (move.sends) {
    if (there != 0) return;
    if (move.moved == move.bytes) {
      if (sum_of(move) != move.sum) error = kInvalidUsage;
      move.done = true;
      return;
    }
    const size_t count = std::min(kSlot, move.bytes - move.moved);
    std::memcpy(channel.slot, move.data + move.moved, count);
    move.moved += count;
    channel.total = move.bytes;
    channel.bytes.store(count, std::memory_order_release);
  } else if (there != 0) {
    if (channel.total != move.bytes) {
      error = kInvalidUsage;
      return;
    }
    std::memcpy(move.data + move.moved, channel.slot, there);
    move.moved += there;
    move.done = move.moved == move.bytes;
    channel.bytes.store(0, std::memory_order_release);
  }
}

void move_on(Communicator& own) {
  if (!own.joined) {
    own.joined = reinterpret_cast<Shared*>(own.memory)->joined == own.size;
    if (!own.joined) return;
    shm_unlink(own.id.name);
  }
  while (own.error == kDone && !own.groups.empty()) {
    std::vector<Move>& group = own.groups.front();
    std::vector<bool> taken(static_cast<size_t>(2 * own.size));  // ways on which an earlier move is not done
    bool all = true;
    for (Move& move : group) {
      const auto way = static_cast<size_t>(2 * move.peer + (move.sends ? 1 : 0));
      if (move.done || taken[way]) continue;
      step(own, move, own.error);
      if (!move.done) taken[way] = true, all = false;
    }
    if (!all) return;
    for (const Move& move : group) all = all && move.done;
    if (!all) return;
    own.groups.pop_front();
  }
}

Status close_group() {
  for (auto& [communicator, move] : gathered) {
    if (communicator->at_work()) return gathered.clear(), kInvalidArgument;
  }
  Communicator* const communicator = gathered.empty() ? nullptr : gathered[0].first;
  std::vector<Move> group;
  for (auto& [each, move] : gathered) {
    if (each != communicator) return gathered.clear(), kInvalidUsage;
    for (const Move& other : group) {
      if ((!move.sends || !other.sends) && overlap(move, other)) return gathered.clear(), kInvalidUsage;
    }
    group.push_back(move);
  }
  gathered.clear();
  if (!communicator) return kDone;
  for (Move& move : group) {
    if (move.sends)
      move.sum = sum_of(move);
    else
      std::memset(move.data, 0xff, move.bytes);
  }
  communicator->groups.push_back(std::move(group));
  return kInProgress;
}

Status add(Communicator* communicator, void* data, size_t count, int type, int peer, bool sends) {
  if (!communicator || type != kInt8 || peer < 0 || peer >= communicator->size || !data) return kInvalidArgument;
  if (communicator->at_work()) return kInvalidArgument;
  gathered.push_back({communicator, {static_cast<std::byte*>(data), count, peer, sends}});
  return depth > 0 ? kDone : close_group();
}

}  // namespace

extern "C" {

int ncclGetUniqueId(UniqueId* id) {
  static std::atomic<int> made{0};
  std::snprintf(id->name, sizeof id->name, "/persea-nccl-%d-%d", static_cast<int>(getpid()), made++);
  return kDone;
}

int ncclCommInitRankConfig(Communicator** made, int size, UniqueId id, int rank, Config* config) {
  if (config->magic != 0xcafebeef || config->blocking != 0 || rank < 0 || rank >= size) return kInvalidArgument;
  auto* own = new Communicator{rank, size, id};
  own->bytes = 64 + sizeof(Channel) * static_cast<size_t>(size * size);
  const int file = shm_open(id.name, O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, static_cast<off_t>(own->bytes)) != 0) return kSystemError;
  own->memory = static_cast<std::byte*>(mmap(nullptr, own->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  close(file);
  ++reinterpret_cast<Shared*>(own->memory)->joined;  // new shared memory is zeros
  *made = own;
  return kInProgress;
}

int ncclCommAbort(Communicator* communicator) {
  munmap(communicator->memory, communicator->bytes);
  delete communicator;
  return kDone;
}

int ncclCommGetAsyncError(Communicator* communicator, int* state) {
  move_on(*communicator);
  *state = communicator->error != kDone ? communicator->error : communicator->at_work() ? kInProgress : kDone;
  return kDone;
}

const char* ncclGetErrorString(int status) { return status == kInvalidUsage ? "invalid usage" : "invalid argument"; }
const char* ncclGetLastError(Communicator*) { return ""; }

int ncclSend(const void* data, size_t count, int type, int peer, Communicator* communicator, void*) {
  return add(communicator, const_cast<void*>(data), count, type, peer, true);
}
int ncclRecv(void* data, size_t count, int type, int peer, Communicator* communicator, void*) {
  return add(communicator, data, count, type, peer, false);
}
int ncclGroupStart() { return ++depth, kDone; }
int ncclGroupEnd() { return --depth > 0 ? kDone : close_group(); }

}  // extern "C"
