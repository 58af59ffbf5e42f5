// persea bench peak: what this machine can do at best, the floor that speeds are held against.
#include <memory>

#include "base/threads.h"
#include "cli/bench.h"
#include "kernels/peak.h"

namespace persea {

void add_bench_peak(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb = bench.add_subcommand("peak", "The machine's peak: fp32 multiply-adds and memory bandwidth");
  const auto seconds = std::make_shared<double>(2);
  verb->add_option("--seconds", *seconds, "Time to spend on each")->check(CLI::Range(0.1, 60.0))->capture_default_str();
  verb->callback([&context, &action, seconds] {
    action = [&context, seconds] {
      const kernels::PeakGflops peak = kernels::measure_peak_gflops(*seconds);
      const double bandwidth = kernels::ReadBandwidth::cpu({*seconds});
      if (context.json) {
        print_json({{"gflops", peak.best},
                    {"mean_gflops", peak.mean},
                    {"read_gigabytes_per_second", bandwidth},
                    {"threads", pool().threads()}});
      } else {
        fmt::print("{:.1f} GFLOP/s fp32 multiply-adds at best and {:.1f} on average, {:.1f} GB/s read, {} threads\n",
                   peak.best, peak.mean, bandwidth, pool().threads());
      }
      return 0;
    };
  });
}

}  // namespace persea
