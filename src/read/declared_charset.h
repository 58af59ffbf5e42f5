// The encoding that a page declares in its first bytes (<meta charset>, <?xml encoding?>), "" where it declares none.
#pragma once

#include <string>
#include <string_view>

namespace persea::read {

std::string declared_charset(std::string_view page);

}  // namespace persea::read
