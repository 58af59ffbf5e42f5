// The text of a PDF's pages, through poppler. It is read in a process of its own, which is given so much processor time
// and memory and no more: nothing that a file does to poppler (endless loops, crashes) reaches this program, and
// poppler, whose settings are global, never meets our threads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace persea::read {

struct PdfPages {
  std::vector<std::string> pages;  // in reading order, UTF-8 or nearly, a line each
  std::string title, author, date;
  std::string left_out;  // why pages are missing at the end; "" where none are
};

struct PdfLimits {
  int pages = 20000;
  int seconds = 120;                        // of processor time, and ten times that by the clock
  int64_t memory_bytes = int64_t{1} << 30;  // beyond what this program has
  int64_t text_bytes = int64_t{1} << 26;
};

Result<PdfPages> read_pdf(std::string_view bytes, const PdfLimits& limits = {});

}  // namespace persea::read
