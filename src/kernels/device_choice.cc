#include "kernels/device_choice.h"

#include "tensor/cuda.h"

namespace persea::kernels {

Result<Device> device_from(std::string_view name) {
  if (name == "cpu") return cpu_device;
  if (name == "auto") return cuda::present() ? cuda_device : cpu_device;
  if (name != "cuda") return fail("device {}: cpu, cuda or auto", name);
  if (!cuda_built) return fail("--device cuda: this build has no CUDA: configure it with -DPERSEA_CUDA=ON");
  if (!cuda::present()) return fail("--device cuda: no GPU of compute capability 8.0 or later, or no driver for it");
  return cuda_device;
}

Result<DeviceChoice> device_choice_from(std::string_view name) {
  PERSEA_TRY(const Device device, device_from(name));
  return DeviceChoice{device, name != "auto"};
}

}  // namespace persea::kernels
