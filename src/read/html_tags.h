// The elements of HTML that mean something to a reader of its text, and what they do to the tree. Unknown names are
// inline elements, as in browsers. No styles are known.
#pragma once

#include <cstdint>
#include <string_view>

namespace persea::read {

// In the order of their names, which the table of flags and the search by name rely on.
// clang-format off
enum class Tag : uint8_t {
  a, abbr, address, annotation, area, article, aside, audio, b, base, basefont, bdi, bdo, big, blockquote, body, br,
  button, canvas, caption, center, cite, code, col, colgroup, data, datalist, dd, del, details, dfn, dialog, dir, div,
  dl, dt, em, embed, fieldset, figcaption, figure, font, footer, form, frame, frameset, h1, h2, h3, h4, h5, h6, head,
  header, hgroup, hr, html, i, iframe, img, input, ins, kbd, label, legend, li, link, listing, main, map, mark,
  marquee, math, menu, meta, meter, nav, nobr, noembed, noframes, noscript, object, ol, optgroup, option, output, p,
  param, picture, plaintext, pre, progress, q, rb, rp, rt, rtc, ruby, s, samp, script, search, section, select, slot,
  small, source, span, strike, strong, style, sub, summary, sup, svg, table, tbody, td, template_, textarea, tfoot, th, thead,
  time, title, tr, track, tt, u, ul, var, video, wbr, xmp,
  unknown, text, document,
};
// clang-format on

struct TagFlags {
  bool block : 1;     // begins and ends a block of text
  bool closes_p : 1;  // an open paragraph ends before it
  bool empty : 1;     // has no content and no end tag
  bool raw : 1;       // its content is characters up to its end tag
  bool boundary : 1;  // end tags inside it close nothing outside of it
  bool silent : 1;    // nothing in it is ever text of the page
};

TagFlags tag_flags(Tag tag);
Tag tag_of(std::string_view lower_case_name);

inline bool is_heading(Tag tag) { return tag >= Tag::h1 && tag <= Tag::h6; }

}  // namespace persea::read
