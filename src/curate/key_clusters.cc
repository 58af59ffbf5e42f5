#include "curate/key_clusters.h"

#include <atomic>
#include <bit>
#include <cstring>
#include <mutex>
#include <numeric>
#include <stdexcept>

#include "base/threads.h"
#include "curate/spill.h"
#include "curate/table_hash.h"

namespace persea::curate {
namespace {

constexpr size_t kParts = 512;  // about, of all columns together
constexpr uint32_t kFree = UINT32_MAX;

// A key in halves, so that nothing is lost to alignment on disk.
template <size_t kWords>
struct Record {
  std::array<uint32_t, 2 * kWords> key;
  uint32_t document;
};

// Sets of documents as trees whose links lead to smaller numbers, so that the root is the first one whatever the order
// in which threads unite them (Anderson and Woll 1991, with links by number).
class Sets {
 public:
  explicit Sets(std::vector<uint32_t>& parents) : parents_(parents) {}

  void unite(uint32_t a, uint32_t b) {
    while (true) {
      a = root(a);
      b = root(b);
      if (a == b) return;
      if (a < b) std::swap(a, b);
      uint32_t expected = a;
      if (at(a).compare_exchange_strong(expected, b)) return;
    }
  }

 private:
  std::atomic_ref<uint32_t> at(uint32_t i) { return std::atomic_ref<uint32_t>(parents_[i]); }

  uint32_t root(uint32_t i) {
    while (true) {
      uint32_t parent = at(i).load();
      if (parent == i) return i;
      const uint32_t above = at(parent).load();
      if (above == parent) return parent;
      at(i).compare_exchange_weak(parent, above);  // a shorter way for the next one
      i = above;
    }
  }

  std::vector<uint32_t>& parents_;
};

// The first document of each key, as far as there is room.
template <size_t kWords>
class FirstTable {
 public:
  explicit FirstTable(size_t memory) : most_(std::bit_floor(std::max<size_t>(memory / sizeof(Entry), 64))) {}

  // Empties the table; it will be asked for at most so many keys.
  void clear(uint64_t keys) {
    const size_t slots = std::bit_ceil(static_cast<size_t>(std::min<uint64_t>(keys + keys / 2 + 16, most_)));
    if (slots_.size() < slots) slots_.resize(slots);
    std::fill_n(slots_.begin(), slots, Entry{{}, kFree});
    mask_ = slots - 1;
    room_ = slots / 4 * 3;
  }

  // The first document that came with the key, perhaps this one; kFree where there is no room for a new key.
  uint32_t find(const Record<kWords>& record) {
    const auto bytes = std::string_view(reinterpret_cast<const char*>(record.key.data()), sizeof record.key);
    size_t slot = hash_.of(bytes) & mask_;
    for (; slots_[slot].document != kFree; slot = (slot + 1) & mask_)
      if (slots_[slot].key == record.key) return slots_[slot].document;
    if (room_ == 0) return kFree;
    --room_;
    slots_[slot] = record;
    return record.document;
  }

 private:
  using Entry = Record<kWords>;
  const TableHash& hash_ = TableHash::get();
  size_t most_, mask_ = 0, room_ = 0;
  std::vector<Entry> slots_;
};

}  // namespace

template <size_t kWords>
struct KeyClusters<kWords>::State {
  fs::path folder;
  size_t columns, memory, slices;  // a column's keys are parted by their upper bits
  Spill<Record<kWords>> spill;
  uint64_t documents = 0;

  size_t part_of(size_t column, const Key& key) const {
    return column * slices + (slices > 1 ? key[0] >> (64 - std::countr_zero(slices)) : 0);
  }

  // Unites the documents of a part. Where the table has no room for a key, all its records wait for the next round, in
  // which the table is empty again.
  Status unite_part(size_t part, FirstTable<kWords>& table, Sets& sets) const {
    Overflow<Record<kWords>> next(folder);
    const auto use = [&](std::span<const Record<kWords>> records) -> Status {
      for (const Record<kWords>& record : records) {
        const uint32_t first = table.find(record);
        if (first == kFree) {
          PERSEA_CHECK(next.add(record));
        } else if (first != record.document) {
          sets.unite(first, record.document);
        }
      }
      return {};
    };
    table.clear(spill.count(part));
    PERSEA_CHECK(spill.read(part, use));
    PERSEA_CHECK(next.seal());
    while (next.count() > 0) {
      const Overflow<Record<kWords>> waiting = std::exchange(next, Overflow<Record<kWords>>(folder));
      table.clear(waiting.count());
      PERSEA_CHECK(waiting.read(use));
      PERSEA_CHECK(next.seal());
    }
    return {};
  }
};

template <size_t kWords>
KeyClusters<kWords>::KeyClusters(std::unique_ptr<State> state) : state_(std::move(state)) {}
template <size_t kWords>
KeyClusters<kWords>::KeyClusters(KeyClusters&&) noexcept = default;
template <size_t kWords>
KeyClusters<kWords>& KeyClusters<kWords>::operator=(KeyClusters&&) noexcept = default;
template <size_t kWords>
KeyClusters<kWords>::~KeyClusters() = default;

template <size_t kWords>
Result<KeyClusters<kWords>> KeyClusters<kWords>::create(const fs::path& folder, size_t columns, size_t memory) {
  if (columns == 0 || columns > 4096) throw std::logic_error("KeyClusters: 1 to 4096 columns are possible");
  const size_t slices = std::bit_ceil(std::max<size_t>(1, kParts / columns));
  PERSEA_TRY(auto spill, Spill<Record<kWords>>::create(folder, columns * slices, memory / 2));
  return KeyClusters(std::unique_ptr<State>(new State{folder, columns, memory, slices, std::move(spill)}));
}

template <size_t kWords>
uint64_t KeyClusters<kWords>::documents() const {
  return state_->documents;
}

template <size_t kWords>
Status KeyClusters<kWords>::add(std::span<const Key> keys) {
  State& state = *state_;
  if (!keys.empty() && keys.size() != state.columns) throw std::logic_error("KeyClusters: a key for each column");
  if (state.documents >= kFree - 1) return fail("there are more than {} documents: part them", kFree - 1);
  for (size_t column = 0; column < keys.size(); ++column) {
    Record<kWords> record;
    std::memcpy(record.key.data(), keys[column].data(), sizeof record.key);
    record.document = static_cast<uint32_t>(state.documents);
    PERSEA_CHECK(state.spill.add(state.part_of(column, keys[column]), record));
  }
  ++state.documents;
  return {};
}

template <size_t kWords>
Result<std::vector<uint32_t>> KeyClusters<kWords>::clusters() {
  State& state = *state_;
  PERSEA_CHECK(state.spill.seal());
  std::vector<uint32_t> first(state.documents);
  std::iota(first.begin(), first.end(), 0);
  Sets sets(first);
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status status;
  const size_t memory = state.memory / 2 / static_cast<size_t>(pool().threads());
  pool().run([&](int) {
    FirstTable<kWords> table(memory);
    for (size_t part = next++; part < state.spill.parts(); part = next++) {
      if (state.spill.count(part) == 0) continue;
      const Status done = state.unite_part(part, table, sets);
      if (done.ok()) continue;
      const std::lock_guard lock(mutex);
      status = done;
      return;
    }
  });
  PERSEA_CHECK(status);
  for (uint32_t& one : first) one = first[one];  // links lead to smaller numbers, which are done
  return first;
}

template class KeyClusters<1>;
template class KeyClusters<2>;

}  // namespace persea::curate
