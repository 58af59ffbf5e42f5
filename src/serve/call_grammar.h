// What an answer may look like that calls tools, as a grammar over its bytes: one that has to call, and one that is
// free to, whose calls follow the tools' schemas all the same.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "serve/call_text.h"
#include "serve/conversation.h"
#include "text/grammar.h"

namespace persea {

struct CallRules {
  std::vector<Tool> tools = {};
  std::string only = {};   // the name of the one that may be called, or ""
  bool parallel = true;    // more than one call
  bool all_strict = true;  // the arguments of every tool follow its schema; else those of the strict ones
  CallFormat format = CallFormat::tagged;
};

// Nothing but calls. Errors: a schema that cannot be followed, with the tool and the place.
Result<Grammar> calls_grammar(const CallRules& rules);
// Any text, and calls in it; the mark of a call begins nothing else.
Result<Grammar> free_or_calls_grammar(const CallRules& rules);

}  // namespace persea
