#include "base/clock.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace persea {
namespace {

TEST(Clock, FormatsForPeople) {
  EXPECT_EQ(format_duration(0.0123), "12 ms");
  EXPECT_EQ(format_duration(4.1), "4.1 s");
  EXPECT_EQ(format_duration(59.97), "1 min 00 s");
  EXPECT_EQ(format_duration(200), "3 min 20 s");
  EXPECT_EQ(format_duration(3720), "1 h 02 min");
  EXPECT_EQ(format_duration(7199), "2 h 00 min");
  EXPECT_EQ(format_bytes(12), "12 B");
  EXPECT_EQ(format_bytes(1.23e9), "1.2 GB");
  EXPECT_EQ(format_bytes(999999), "1.0 MB");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1234567), "1.2M");
  EXPECT_EQ(format_count(123456), "123k");
  EXPECT_EQ(format_count(-12345), "-12.3k");
}

TEST(Clock, TimestampIsUtcInIso8601) {
  const std::string now = timestamp();
  ASSERT_EQ(now.size(), 20u);
  EXPECT_EQ(now[10], 'T');
  EXPECT_EQ(now[19], 'Z');
  EXPECT_GE(now.substr(0, 4), "2024");
}

TEST(Clock, MeterMeasuresWork) {
  const Meter meter;
  double sum = 0;
  for (int i = 0; cpu_seconds() < 60 && meter.now().cpu < 0.02; ++i) sum += std::sqrt(i);
  const Usage usage = meter.now();
  EXPECT_GE(usage.cpu, 0.02) << sum;
  EXPECT_GE(usage.wall, 0.01);
  EXPECT_GE(usage.joules.value_or(0), 0);
}

TEST(Clock, PeakMemoryGrowsWithUse) {
  const int64_t before = peak_memory_bytes();
  EXPECT_GT(before, 1 << 20);
  std::vector<char> block(static_cast<size_t>(before) + (32 << 20), 1);
  EXPECT_GE(peak_memory_bytes(), before + (32 << 20)) << int{block.back()};
}

}  // namespace
}  // namespace persea
