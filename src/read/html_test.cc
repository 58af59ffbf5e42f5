#include "read/html.h"

#include <gtest/gtest.h>

namespace persea::read {
namespace {

TEST(Html, BlocksAndCharacters) {
  EXPECT_EQ(read_html("<p>One&nbsp;t<b>w</b>o &amp; th&shy;ree&#8217;s<p>next<br>line").text,
            "One two & three\xe2\x80\x99s\n\nnext\nline");
}

}  // namespace
}  // namespace persea::read
