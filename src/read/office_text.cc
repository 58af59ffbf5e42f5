#include "read/office_text.h"

#include <algorithm>

#include "read/text_normalizer.h"
#include "read/xml.h"

namespace persea::read {

std::string office_text(std::string_view xml) {
  std::string out, paragraph;
  // Word and PowerPoint wrap text in <t>; OpenDocument puts it into <p> and <h> themselves.
  int runs = 0, paragraphs = 0, hidden = 0;
  bool has_runs = false;
  const auto flush = [&] {
    if (!blank(paragraph)) {
      if (!out.empty()) out += "\n\n";
      out += paragraph;
    }
    paragraph.clear();
  };
  XmlEvents events;
  const auto is_hidden = [](std::string_view name) {
    return name == "instrText" || name == "delText" || name == "annotation" || name == "tracked-changes" ||
           name == "Fallback";
  };
  events.start = [&](std::string_view name, const XmlEvents::Attributes& attribute) {
    if (is_hidden(name)) ++hidden;
    if (name == "document" || name == "sld") has_runs = true;
    if (name == "p" || name == "h") {
      if (paragraphs++ == 0) flush();
    }
    if (name == "t") ++runs;
    if (name == "tab" && paragraphs > 0 && !paragraph.empty()) paragraph += '\t';
    if ((name == "br" || name == "line-break" || name == "cr") && paragraphs > 0) paragraph += '\n';
    if (name == "s") {
      const std::string_view count = attribute("c");
      paragraph.append(count.size() == 1 && count[0] > '0' && count[0] <= '9' ? static_cast<size_t>(count[0] - '0') : 1,
                       ' ');
    }
  };
  events.end = [&](std::string_view name) {
    if (is_hidden(name)) --hidden;
    if (name == "t") --runs;
    if (name == "p" || name == "h") {
      if (--paragraphs == 0) flush();
    }
  };
  events.text = [&](std::string_view text) {
    if (hidden == 0 && paragraphs > 0 && (runs > 0 || !has_runs)) paragraph += text;
  };
  (void)XmlParser(events).add(xml, true);  // what is broken of it ends there
  flush();
  return out;
}

}  // namespace persea::read
