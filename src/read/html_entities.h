// Character references of HTML (&amp; &#8217; &#x2014;) as browsers read them, unfinished and wrong ones included.
#pragma once

#include <string>
#include <string_view>

namespace persea::read {

// Appends `text` with its references turned into UTF-8. In an attribute's value "&copy=1" stays as it is.
void append_unescaped(std::string_view text, bool attribute, std::string& out);

}  // namespace persea::read
