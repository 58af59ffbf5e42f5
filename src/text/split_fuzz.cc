// Any bytes by any rule: words cover the text without a gap, and nothing behind its end is read.
#include <cstdlib>
#include <vector>

#include "text/word_scanner.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<char> text(data, data + size);  // a copy, so that a read behind its end is seen
  for (const char* name : {"none", "gpt2", "gpt4", "gpt4-1"}) {
    const char *p = text.data(), *end = p + text.size();
    const persea::WordScanner scanner(*persea::parse_split_name(name), end);
    while (p < end) {
      const char* next = scanner.word_end(p);
      if (next <= p || next > end) std::abort();
      p = next;
    }
  }
  return 0;
}
