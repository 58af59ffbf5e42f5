// The element types that a tensor may hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace persea {

enum class DType : uint8_t { f32, f16, bf16, i32, u8, f8_e4m3, f8_e5m2 };

constexpr int64_t dtype_bytes(DType dtype) {
  switch (dtype) {
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f16:
    case DType::bf16:
      return 2;
    case DType::u8:
    case DType::f8_e4m3:
    case DType::f8_e5m2:
      return 1;
  }
  return 0;
}

// safetensors' names: "F32", "F16", "BF16", "I32", "U8", "F8_E4M3", "F8_E5M2".
constexpr std::string_view dtype_name(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "F32";
    case DType::f16:
      return "F16";
    case DType::bf16:
      return "BF16";
    case DType::i32:
      return "I32";
    case DType::u8:
      return "U8";
    case DType::f8_e4m3:
      return "F8_E4M3";
    case DType::f8_e5m2:
      return "F8_E5M2";
  }
  return "?";
}
// Of the types that our files hold: fp8 lives as long as a product.
constexpr std::optional<DType> dtype_from_name(std::string_view name) {
  for (DType dtype : {DType::f32, DType::f16, DType::bf16, DType::i32, DType::u8})
    if (dtype_name(dtype) == name) return dtype;
  return std::nullopt;
}

// An element of a bf16 tensor: the upper half of an f32 (tensor/half.h).
struct Bf16 {
  uint16_t bits;
};

// Elements of fp8 tensors (tensor/fp8.h): a sign, the exponent, the mantissa.
struct E4m3 {
  static constexpr int kMantissaBits = 3, kBias = 7;
  static constexpr uint8_t kLargest = 0x7e;  // 448
  uint8_t bits;
};
struct E5m2 {
  static constexpr int kMantissaBits = 2, kBias = 15;
  static constexpr uint8_t kLargest = 0x7b;  // 57344
  uint8_t bits;
};
constexpr bool is_fp8(DType dtype) { return dtype == DType::f8_e4m3 || dtype == DType::f8_e5m2; }

template <class T>
struct dtype_of;
template <>
struct dtype_of<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct dtype_of<Bf16> {
  static constexpr DType value = DType::bf16;
};
template <>
struct dtype_of<E4m3> {
  static constexpr DType value = DType::f8_e4m3;
};
template <>
struct dtype_of<E5m2> {
  static constexpr DType value = DType::f8_e5m2;
};
template <>
struct dtype_of<int32_t> {
  static constexpr DType value = DType::i32;
};
template <>
struct dtype_of<uint8_t> {
  static constexpr DType value = DType::u8;
};

}  // namespace persea
