#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace persea {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail("{}: odd", n);
  return n / 2;
}
Result<int> quarter(int n) {
  PERSEA_TRY(const int first, half(n));
  PERSEA_TRY(const int second, half(first));
  return second;
}
Status check_even(int n) {
  PERSEA_CHECK(half(n));
  return {};
}

TEST(Result, CarriesValueOrError) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message, "3: odd");
  EXPECT_TRUE(check_even(2));
  EXPECT_EQ(check_even(7).error().message, "7: odd");
  EXPECT_THROW(quarter(6).value(), std::logic_error);
}

TEST(Result, MovesItsValue) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = std::move(*result);
  EXPECT_EQ(*taken, 3);
}

}  // namespace
}  // namespace persea
