// XML as a stream of events (expat), namespaces' prefixes taken off names. No external entity is ever fetched, and
// those of a document's own are bounded by expat.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace persea::read {

struct XmlEvents {
  // `attribute(name)` gives the value, "" where there is none.
  using Attributes = std::function<std::string_view(std::string_view name)>;
  std::function<void(std::string_view name, const Attributes& attribute)> start;
  std::function<void(std::string_view name)> end;
  std::function<void(std::string_view text)> text;
};

class XmlParser {
 public:
  explicit XmlParser(XmlEvents events);
  ~XmlParser();
  // More of the document; fails where it is broken, and then for good.
  Status add(std::string_view bytes, bool last);
  // Bytes of what was added before the place that broke it.
  size_t good_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace persea::read
