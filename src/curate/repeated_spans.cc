#include "curate/repeated_spans.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "base/threads.h"
#include "curate/span_tokens.h"
#include "curate/spill.h"
#include "curate/window_anchors.h"

namespace persea::curate {
namespace {

constexpr size_t kParts = 256;     // of anchors, by their hashes; and of cuts, by documents
constexpr size_t kBlock = 32;      // documents that a thread takes at once
constexpr size_t kHeld = 1 << 15;  // records that a thread holds before it waits for its turn
constexpr uint32_t kNone = UINT32_MAX;

struct ByteCut {
  uint32_t document, begin, end;
};

// Windows that are still to be looked at, a bit for each.
struct OpenWindows {
  AnchoredWindows windows;
  uint64_t open;
};

// Threads find records in any order; they are taken in the order of the blocks that they come from.
class InTurn {
 public:
  explicit InTurn(Spill<AnchoredWindows>& spill) : spill_(spill) {}

  // Waits until all blocks before are done.
  Status add(size_t block, std::vector<AnchoredWindows>& records, bool last) {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return next_ == block || !status_.ok(); });
    for (size_t i = 0; i < records.size() && status_.ok(); ++i)
      status_ = spill_.add(records[i].anchor >> 56, records[i]);
    records.clear();
    if (last) ++next_;
    turn_.notify_all();
    return status_;
  }
  void fail_with(Status status) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
    turn_.notify_all();
  }
  const Status& status() const { return status_; }

 private:
  Spill<AnchoredWindows>& spill_;
  std::mutex mutex_;
  std::condition_variable turn_;
  size_t next_ = 0;
  Status status_;
};

class Cuts {
 public:
  Cuts(Spill<ByteCut> spill, size_t documents) : spill_(std::move(spill)), documents_(documents) {}

  Status add(std::vector<ByteCut>& some) {
    const std::lock_guard lock(mutex_);
    for (const ByteCut& cut : some) PERSEA_CHECK(spill_.add(cut.document * kParts / documents_, cut));
    some.clear();
    return {};
  }

  // Joins what touches, and hands it out in order.
  Status give(const CutsOf& use) {
    PERSEA_CHECK(spill_.seal());
    std::vector<Place> places;
    std::vector<ByteCut> all;
    for (size_t part = 0; part < kParts; ++part) {
      all.clear();
      PERSEA_CHECK(spill_.read(part, [&](std::span<const ByteCut> some) -> Status {
        all.insert(all.end(), some.begin(), some.end());
        return {};
      }));
      std::sort(all.begin(), all.end(), [](const ByteCut& a, const ByteCut& b) {
        return a.document != b.document ? a.document < b.document : a.begin < b.begin;
      });
      for (size_t i = 0; i < all.size();) {
        const uint32_t document = all[i].document;
        places.clear();
        for (; i < all.size() && all[i].document == document; ++i) {
          if (places.empty() || places.back().end < all[i].begin) places.push_back({all[i].begin, all[i].end});
          places.back().end = std::max<size_t>(places.back().end, all[i].end);
        }
        PERSEA_CHECK(use(document, places));
      }
    }
    return {};
  }

 private:
  Spill<ByteCut> spill_;
  size_t documents_;
  std::mutex mutex_;
};

// Whether the same tokens stand in two places, of which the first one's end is known.
bool same_tokens(std::string_view a, size_t a_begin, size_t a_end, std::string_view b, size_t b_begin, size_t b_end) {
  const std::string_view one = a.substr(a_begin, a_end - a_begin), other = b.substr(b_begin, b_end - b_begin);
  if (one == other) return true;
  SpanTokens left(one), right(other);
  while (left.next())
    if (!right.next() || left.token() != right.token()) return false;
  return !right.next();
}

// The windows of a part, each with the place where it came first.
class WindowTable {
 public:
  struct Entry {
    uint64_t hash;
    uint32_t document, begin, end, token;
    bool repeated;
  };

  explicit WindowTable(size_t memory) : most_(std::bit_floor(std::max<size_t>(memory / sizeof(Entry), kLeast))) {
    clear();
  }

  void clear() {
    slots_.assign(kLeast, kFree);
    room_ = kLeast / 4 * 3;
  }

  // nullptr where there is no room for one that is new.
  Entry* find(const Entry& window, std::string_view text, const TextOf& text_of) {
    while (true) {
      size_t slot = place(window.hash);
      for (; slots_[slot].document != kNone; slot = (slot + 1) & (slots_.size() - 1)) {
        const Entry& first = slots_[slot];
        if (first.hash == window.hash &&
            same_tokens(text_of(first.document), first.begin, first.end, text, window.begin, window.end))
          return &slots_[slot];
      }
      if (room_ > 0) {
        --room_;
        slots_[slot] = window;
        return &slots_[slot];
      }
      if (slots_.size() * 2 > most_) return nullptr;
      grow();
    }
  }

 private:
  static constexpr size_t kLeast = 128;
  static constexpr Entry kFree{0, kNone, 0, 0, 0, false};

  size_t place(uint64_t hash) const {
    hash *= 0x9e3779b97f4a7c15;
    return (hash ^ hash >> 32) & (slots_.size() - 1);
  }
  void grow() {
    const std::vector<Entry> before = std::exchange(slots_, std::vector<Entry>(slots_.size() * 2, kFree));
    room_ += before.size() / 4 * 3;
    for (const Entry& entry : before) {
      if (entry.document == kNone) continue;
      size_t slot = place(entry.hash);
      while (slots_[slot].document != kNone) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = entry;
    }
  }

  size_t most_;
  std::vector<Entry> slots_;
  size_t room_ = 0;
};

// Which anchors come more than once, but for a few that do not: their hashes share places with others'.
class Twice {
 public:
  Twice(uint64_t count, size_t memory)
      : bits_(std::bit_floor(std::clamp<size_t>(count * 64, 1024, std::max<size_t>(memory * 4, 1024)))),
        once_(bits_ / 64),
        twice_(bits_ / 64) {}
  void add(uint64_t anchor) {
    uint64_t& once = once_[place(anchor)];
    twice_[place(anchor)] |= once & bit(anchor);
    once |= bit(anchor);
  }
  bool has(uint64_t anchor) const { return twice_[place(anchor)] & bit(anchor); }

 private:
  size_t place(uint64_t anchor) const { return anchor % bits_ / 64; }
  static uint64_t bit(uint64_t anchor) { return uint64_t{1} << (anchor % 64); }
  size_t bits_;
  std::vector<uint64_t> once_, twice_;
};

// What a thread keeps from part to part.
struct Scratch {
  WindowTable table;
  std::vector<uint32_t> begins, ends;  // of tokens
  std::vector<uint64_t> hashes;
  std::vector<ByteCut> found;
};

struct Search {
  size_t documents;
  const TextOf& text_of;
  size_t tokens;
  bool keep_first;
  fs::path folder;
  size_t memory;  // of each thread
  RowHash row;
  TokenHash hash{};

  Status scan(Spill<AnchoredWindows>& spill) const {
    std::atomic<size_t> next{0};
    InTurn in_turn(spill);
    const size_t blocks = (documents + kBlock - 1) / kBlock;
    pool().run([&](int) {
      WindowAnchors anchors(tokens);
      std::vector<AnchoredWindows> held;
      for (size_t block = next++; block < blocks; block = next++) {
        try {
          const Status done = scan_block(block, anchors, held, in_turn);
          if (!done.ok()) return in_turn.fail_with(done);
        } catch (...) {  // nobody may wait for this one's turn
          in_turn.fail_with(fail("a text could not be read"));
          throw;
        }
      }
    });
    return in_turn.status();
  }

  Status scan_block(size_t block, WindowAnchors& anchors, std::vector<AnchoredWindows>& held, InTurn& in_turn) const {
    const auto hold = [&](const AnchoredWindows& windows) -> Status {
      held.push_back(windows);
      return held.size() < kHeld ? Status() : in_turn.add(block, held, false);
    };
    for (size_t document = block * kBlock; document < std::min(documents, (block + 1) * kBlock); ++document) {
      const std::string_view text = text_of(document);
      if (text.size() >= kNone) return fail("document {}: a text of 4 GiB or more: part it", document);
      PERSEA_CHECK(anchors.scan(text, static_cast<uint32_t>(document), hold));
    }
    return in_turn.add(block, held, true);
  }

  // The copies among the windows of a part. Those for which the table has no room wait for the next round.
  Status search_part(size_t part, const Spill<AnchoredWindows>& spill, Scratch& scratch, Cuts& cuts) const {
    Twice twice(spill.count(part), memory / 8);
    PERSEA_CHECK(spill.read(part, [&](std::span<const AnchoredWindows> records) -> Status {
      for (const AnchoredWindows& record : records) twice.add(record.anchor);
      return {};
    }));
    Overflow<OpenWindows> next(folder);
    scratch.table.clear();
    for (const bool mark : {false, true}) {
      if (mark && keep_first) break;
      PERSEA_CHECK(spill.read(part, [&](std::span<const AnchoredWindows> records) -> Status {
        for (const AnchoredWindows& record : records)
          if (twice.has(record.anchor))
            PERSEA_CHECK(look_at({record, ~uint64_t{0} >> (64 - record.windows)}, mark, scratch, next));
        return cuts.add(scratch.found);
      }));
    }
    PERSEA_CHECK(next.seal());
    while (next.count() > 0) {
      const Overflow<OpenWindows> open = std::exchange(next, Overflow<OpenWindows>(folder));
      scratch.table.clear();
      for (const bool mark : {false, true}) {
        if (mark && keep_first) break;
        PERSEA_CHECK(open.read([&](std::span<const OpenWindows> records) -> Status {
          for (const OpenWindows& record : records) PERSEA_CHECK(look_at(record, mark, scratch, next));
          return cuts.add(scratch.found);
        }));
      }
      PERSEA_CHECK(next.seal());
    }
    return {};
  }

  // Looks up the windows of one anchor: puts down which come again, or, with `mark`, gives those that are known to.
  Status look_at(const OpenWindows& record, bool mark, Scratch& scratch, Overflow<OpenWindows>& next) const {
    const AnchoredWindows& windows = record.windows;
    const std::string_view text = text_of(windows.document);
    auto& [table, begins, ends, hashes, found] = scratch;
    begins.clear(), ends.clear(), hashes.clear();
    SpanTokens all(text, windows.begin);
    const size_t last = windows.windows + tokens - 1;
    while (begins.size() < last && all.next()) {
      begins.push_back(static_cast<uint32_t>(all.begin()));
      ends.push_back(static_cast<uint32_t>(all.end()));
      hashes.push_back(hash.of(all.token(), text));
    }
    if (begins.size() < last) return fail("document {}: its text changed while it was looked at", windows.document);
    all.next();
    begins.push_back(static_cast<uint32_t>(all.begin()));
    OpenWindows left{windows, 0};
    uint64_t row_hash = 0;
    for (size_t i = 0; i < last; ++i) {
      row_hash = row.next(row_hash, hashes[i], i >= tokens ? hashes[i - tokens] : 0);
      if (i + 1 < tokens) continue;
      const size_t window = i + 1 - tokens;
      if (!(record.open >> window & 1)) continue;
      const WindowTable::Entry own{
          row_hash, windows.document, begins[window], ends[i], windows.token + static_cast<uint32_t>(window), false};
      WindowTable::Entry* first = table.find(own, text, text_of);
      if (first == nullptr) {
        left.open |= uint64_t{1} << window;
        continue;
      }
      const bool copy = first->document != own.document || own.token >= first->token + tokens;
      if (keep_first ? !copy : !mark) {
        first->repeated |= copy;
        continue;
      }
      if (!keep_first && !first->repeated) continue;
      const uint32_t end = begins[i + 1];
      if (!found.empty() && found.back().document == own.document && found.back().begin <= own.begin &&
          own.begin <= found.back().end) {
        found.back().end = std::max(found.back().end, end);
      } else {
        found.push_back({own.document, own.begin, end});
      }
    }
    if (left.open != 0 && !mark) return next.add(left);
    return {};
  }

  Status search(const Spill<AnchoredWindows>& spill, Cuts& cuts) const {
    std::atomic<size_t> next{0};
    std::mutex mutex;
    Status status;
    pool().run([&](int) {
      Scratch scratch{WindowTable(memory / 4 * 3), {}, {}, {}, {}};
      for (size_t part = next++; part < kParts; part = next++) {
        if (spill.count(part) < 2) continue;
        const Status done = search_part(part, spill, scratch, cuts);
        if (done.ok()) continue;
        const std::lock_guard lock(mutex);
        status = done;
        return;
      }
    });
    return status;
  }
};

}  // namespace

Status find_repeated_spans(size_t documents, const TextOf& text_of, const RepeatedSpanSettings& settings,
                           const fs::path& folder, size_t memory, const CutsOf& cuts) {
  if (settings.tokens < 1 || settings.tokens > 1000)
    return fail("repeated spans: `tokens` is {}: say 1 to 1000", settings.tokens);
  if (settings.keep != "first" && settings.keep != "none")
    return fail("repeated spans: `keep` is \"{}\": say \"first\" or \"none\"", settings.keep);
  if (documents >= kNone) return fail("there are more than {} documents: part them", kNone);
  const auto tokens = static_cast<size_t>(settings.tokens);
  const size_t of_thread = memory / 2 / static_cast<size_t>(pool().threads());
  const Search search{documents, text_of, tokens, settings.keep == "first", folder, of_thread, RowHash(tokens)};
  PERSEA_TRY(auto anchors, Spill<AnchoredWindows>::create(folder, kParts, memory / 2));
  PERSEA_TRY(auto places, Spill<ByteCut>::create(folder, kParts, memory / 4));
  Cuts found(std::move(places), std::max<size_t>(1, documents));
  PERSEA_CHECK(search.scan(anchors));
  PERSEA_CHECK(anchors.seal());
  PERSEA_CHECK(search.search(anchors, found));
  return found.give(cuts);
}

}  // namespace persea::curate
