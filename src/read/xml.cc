#include "read/xml.h"

#include <expat.h>

namespace persea::read {
namespace {

std::string_view local(const char* name) {
  const std::string_view whole(name);
  const size_t colon = whole.rfind(':');
  return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
}

}  // namespace

struct XmlParser::State {
  XmlEvents events;
  XML_Parser parser = nullptr;

  static void XMLCALL start(void* self, const char* name, const char** attributes) {
    const auto& events = static_cast<State*>(self)->events;
    if (!events.start) return;
    events.start(local(name), [&](std::string_view wanted) -> std::string_view {
      for (const char** each = attributes; *each != nullptr; each += 2) {
        if (local(each[0]) == wanted) return each[1];
      }
      return {};
    });
  }
  static void XMLCALL end(void* self, const char* name) {
    const auto& events = static_cast<State*>(self)->events;
    if (events.end) events.end(local(name));
  }
  static void XMLCALL text(void* self, const char* bytes, int length) {
    const auto& events = static_cast<State*>(self)->events;
    if (events.text) events.text({bytes, static_cast<size_t>(length)});
  }
};

XmlParser::XmlParser(XmlEvents events) : state_(std::make_unique<State>()) {
  state_->events = std::move(events);
  state_->parser = XML_ParserCreate(nullptr);
  if (state_->parser == nullptr) throw std::bad_alloc();
  XML_SetUserData(state_->parser, state_.get());
  XML_SetElementHandler(state_->parser, State::start, State::end);
  XML_SetCharacterDataHandler(state_->parser, State::text);
}

XmlParser::~XmlParser() { XML_ParserFree(state_->parser); }

Status XmlParser::add(std::string_view bytes, bool last) {
  if (XML_Parse(state_->parser, bytes.data(), static_cast<int>(bytes.size()), last ? 1 : 0) == XML_STATUS_OK) return {};
  return fail("is broken XML: line {}, {}", XML_GetCurrentLineNumber(state_->parser),
              XML_ErrorString(XML_GetErrorCode(state_->parser)));
}

size_t XmlParser::good_bytes() const {
  const XML_Index at = XML_GetCurrentByteIndex(state_->parser);
  return at < 0 ? 0 : static_cast<size_t>(at);
}

}  // namespace persea::read
