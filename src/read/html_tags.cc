#include "read/html_tags.h"

#include <algorithm>
#include <array>

namespace persea::read {
namespace {

constexpr uint8_t kBlock = 1, kClosesP = 2, kEmpty = 4, kRaw = 8, kBoundary = 16, kSilent = 32;

struct Entry {
  std::string_view name;
  int flags;
};

// clang-format off
constexpr auto kEntries = std::to_array<Entry>({
    {"a", 0}, {"abbr", 0}, {"address", kBlock | kClosesP}, {"annotation", 0}, {"area", kEmpty | kSilent},
    {"article", kBlock | kClosesP}, {"aside", kBlock | kClosesP}, {"audio", kBlock | kSilent}, {"b", 0},
    {"base", kEmpty | kSilent}, {"basefont", kEmpty}, {"bdi", 0}, {"bdo", 0}, {"big", 0},
    {"blockquote", kBlock | kClosesP}, {"body", kBlock | kBoundary}, {"br", kEmpty}, {"button", kBlock | kSilent},
    {"canvas", kBlock | kSilent}, {"caption", kBlock | kBoundary}, {"center", kBlock | kClosesP}, {"cite", 0},
    {"code", 0}, {"col", kEmpty}, {"colgroup", 0}, {"data", 0}, {"datalist", kSilent}, {"dd", kBlock | kClosesP},
    {"del", 0}, {"details", kBlock | kClosesP}, {"dfn", 0}, {"dialog", kBlock | kClosesP}, {"dir", kBlock | kClosesP},
    {"div", kBlock | kClosesP}, {"dl", kBlock | kClosesP}, {"dt", kBlock | kClosesP}, {"em", 0},
    {"embed", kEmpty | kSilent}, {"fieldset", kBlock | kClosesP}, {"figcaption", kBlock | kClosesP},
    {"figure", kBlock | kClosesP}, {"font", 0}, {"footer", kBlock | kClosesP}, {"form", kBlock | kClosesP},
    {"frame", kEmpty | kSilent}, {"frameset", kBlock}, {"h1", kBlock | kClosesP}, {"h2", kBlock | kClosesP},
    {"h3", kBlock | kClosesP}, {"h4", kBlock | kClosesP}, {"h5", kBlock | kClosesP}, {"h6", kBlock | kClosesP},
    {"head", kBlock | kSilent}, {"header", kBlock | kClosesP}, {"hgroup", kBlock | kClosesP},
    {"hr", kBlock | kClosesP | kEmpty}, {"html", kBlock | kBoundary}, {"i", 0}, {"iframe", kBlock | kRaw | kSilent},
    {"img", kEmpty}, {"input", kEmpty | kSilent}, {"ins", 0}, {"kbd", 0}, {"label", 0}, {"legend", kBlock},
    {"li", kBlock | kClosesP}, {"link", kEmpty | kSilent}, {"listing", kBlock | kClosesP},
    {"main", kBlock | kClosesP}, {"map", 0}, {"mark", 0}, {"marquee", kBlock | kBoundary}, {"math", 0},
    {"menu", kBlock | kClosesP}, {"meta", kEmpty | kSilent}, {"meter", kSilent}, {"nav", kBlock | kClosesP},
    {"nobr", 0}, {"noembed", kRaw | kSilent}, {"noframes", kBlock}, {"noscript", kBlock},
    {"object", kBlock | kBoundary | kSilent}, {"ol", kBlock | kClosesP}, {"optgroup", kBlock | kSilent},
    {"option", kBlock | kSilent}, {"output", 0}, {"p", kBlock | kClosesP}, {"param", kEmpty}, {"picture", 0},
    {"plaintext", kBlock | kClosesP}, {"pre", kBlock | kClosesP}, {"progress", kSilent}, {"q", 0}, {"rb", 0},
    {"rp", 0}, {"rt", 0}, {"rtc", 0}, {"ruby", 0}, {"s", 0}, {"samp", 0}, {"script", kRaw | kSilent},
    {"search", kBlock | kClosesP}, {"section", kBlock | kClosesP}, {"select", kBlock | kSilent}, {"slot", 0},
    {"small", 0}, {"source", kEmpty}, {"span", 0}, {"strike", 0}, {"strong", 0}, {"style", kRaw | kSilent},
    {"sub", 0}, {"summary", kBlock | kClosesP}, {"sup", 0}, {"svg", kSilent},
    {"table", kBlock | kClosesP | kBoundary}, {"tbody", kBlock}, {"td", kBlock | kBoundary},
    {"template", kBlock | kBoundary | kSilent}, {"textarea", kBlock | kRaw | kSilent}, {"tfoot", kBlock},
    {"th", kBlock | kBoundary}, {"thead", kBlock}, {"time", 0}, {"title", kBlock | kRaw | kSilent}, {"tr", kBlock},
    {"track", kEmpty}, {"tt", 0}, {"u", 0}, {"ul", kBlock | kClosesP}, {"var", 0}, {"video", kBlock | kSilent},
    {"wbr", kEmpty}, {"xmp", kBlock | kClosesP | kRaw},
});
// clang-format on

static_assert(kEntries.size() == static_cast<size_t>(Tag::unknown));
static_assert(std::is_sorted(kEntries.begin(), kEntries.end(),
                             [](const Entry& a, const Entry& b) { return a.name < b.name; }));

}  // namespace

TagFlags tag_flags(Tag tag) {
  const auto index = static_cast<size_t>(tag);
  const int flags = index < kEntries.size() ? kEntries[index].flags : tag == Tag::document ? kBlock | kBoundary : 0;
  return {(flags & kBlock) != 0, (flags & kClosesP) != 0,  (flags & kEmpty) != 0,
          (flags & kRaw) != 0,   (flags & kBoundary) != 0, (flags & kSilent) != 0};
}

Tag tag_of(std::string_view lower_case_name) {
  const auto* found = std::lower_bound(kEntries.begin(), kEntries.end(), lower_case_name,
                                       [](const Entry& entry, std::string_view name) { return entry.name < name; });
  if (found == kEntries.end() || found->name != lower_case_name) return Tag::unknown;
  return static_cast<Tag>(found - kEntries.begin());
}

}  // namespace persea::read
