#include "curate/quality_model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>

#include "base/hash.h"
#include "curate/exact_math.h"

namespace persea::curate {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

constexpr std::string_view kMagic("PERSQUA\x01", 8);
constexpr size_t kHeader = 48;
constexpr int kLeastBits = 10, kMostBits = 24, kMostWords = 3, kMostByteRow = 8;

// Sums of one kind of rows; whole numbers, so that the order of adding does not matter.
struct Sum {
  int64_t total = 0, count = 0;
  double scaled() const { return count == 0 ? 0 : static_cast<double>(total) / std::sqrt(static_cast<double>(count)); }
};

void put(std::string& bytes, size_t at, const auto& value) { std::memcpy(bytes.data() + at, &value, sizeof value); }

template <class T>
T get(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

bool starts_char(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// A row of bytes in whole characters.
Place whole_chars(std::string_view text, Place place) {
  while (place.begin > 0 && !starts_char(text[place.begin])) --place.begin;
  while (place.end < text.size() && !starts_char(text[place.end])) ++place.end;
  return place;
}

// The heaviest `most` of those that `fits`, the heaviest first; of equals the first in the text.
template <class Fits>
std::vector<QualityEvidence> heaviest(const std::vector<QualityEvidence>& all, size_t most, const Fits& fits) {
  std::vector<QualityEvidence> chosen;
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), fits);
  const auto heavier = [](const QualityEvidence& a, const QualityEvidence& b) {
    if (std::abs(a.log_odds) != std::abs(b.log_odds)) return std::abs(a.log_odds) > std::abs(b.log_odds);
    return a.first.begin != b.first.begin ? a.first.begin < b.first.begin : a.first.end < b.first.end;
  };
  std::sort(chosen.begin(), chosen.end(), heavier);
  if (chosen.size() > most) chosen.resize(most);
  return chosen;
}

}  // namespace

Status check_shape(const QualityShape& shape) {
  if (shape.bits < kLeastBits || shape.bits > kMostBits)
    return fail("quality: `bits` is {}, not from {} to {}", shape.bits, kLeastBits, kMostBits);
  if (shape.words < 0 || shape.words > kMostWords)
    return fail("quality: `words` is {}, not from 0 to {}", shape.words, kMostWords);
  if (shape.bytes < 0 || shape.bytes == 1 || shape.bytes > kMostByteRow)
    return fail("quality: `bytes` is {}, neither 0 nor from 2 to {}", shape.bytes, kMostByteRow);
  if (shape.words == 0 && shape.bytes == 0) return fail("quality: neither words nor bytes are looked at");
  if (shape.sample_bytes < 0 || (shape.sample_bytes > 0 && shape.sample_bytes < 256))
    return fail("quality: `sample_bytes` is {}, neither 0 (the whole text) nor at least 256", shape.sample_bytes);
  return {};
}

QualityModel::QualityModel(const QualityShape& shape, double scale, double bias, std::vector<int16_t> weights)
    : shape_(shape), scale_(scale), bias_(bias), weights_(std::move(weights)) {
  if (!check_shape(shape) || weights_.size() != size_t{1} << shape.bits)
    throw std::logic_error("QualityModel: weights of another shape");
}

Result<QualityModel> QualityModel::parse(std::string_view bytes, std::string_view where) {
  if (bytes.size() < kHeader || bytes.substr(0, kMagic.size()) != kMagic)
    return fail("{}: is no quality model, or is truncated: train it again", where);
  const auto bits = get<uint32_t>(bytes, 8), words = get<uint32_t>(bytes, 12), row = get<uint32_t>(bytes, 16);
  const auto sample = get<uint64_t>(bytes, 24);
  if (bits > kMostBits || words > kMostWords || row > kMostByteRow || sample > INT64_MAX ||
      get<uint32_t>(bytes, 20) != 0)
    return fail("{}: a quality model of another version or damaged: train it again", where);
  const QualityShape shape{static_cast<int>(bits), static_cast<int>(words), static_cast<int>(row),
                           static_cast<int64_t>(sample)};
  if (const Status status = check_shape(shape); !status) return fail("{}: {}", where, status.error().message);
  const auto scale = get<double>(bytes, 32), bias = get<double>(bytes, 40);
  if (!std::isfinite(scale) || !std::isfinite(bias) || std::abs(scale) > 1e6 || std::abs(bias) > 1e6)
    return fail("{}: the scale or bias is no number that a model has: train it again", where);
  std::vector<int16_t> weights(size_t{1} << shape.bits);
  if (bytes.size() != kHeader + weights.size() * sizeof(int16_t))
    return fail("{}: has {} bytes where {} weights need {}: train it again", where, bytes.size(), weights.size(),
                kHeader + weights.size() * sizeof(int16_t));
  std::memcpy(weights.data(), bytes.data() + kHeader, weights.size() * sizeof(int16_t));
  return QualityModel(shape, scale, bias, std::move(weights));
}

std::string QualityModel::bytes() const {
  std::string bytes(kHeader + weights_.size() * sizeof(int16_t), '\0');
  bytes.replace(0, kMagic.size(), kMagic);
  put(bytes, 8, static_cast<uint32_t>(shape_.bits));
  put(bytes, 12, static_cast<uint32_t>(shape_.words));
  put(bytes, 16, static_cast<uint32_t>(shape_.bytes));
  put(bytes, 24, static_cast<uint64_t>(shape_.sample_bytes));
  put(bytes, 32, scale_);
  put(bytes, 40, bias_);
  std::memcpy(bytes.data() + kHeader, weights_.data(), weights_.size() * sizeof(int16_t));
  return bytes;
}

std::string QualityModel::digest() const { return sha256(bytes()); }

double QualityModel::log_odds(std::string_view text) const {
  const Sample sample = sample_of(text, static_cast<size_t>(shape_.sample_bytes));
  return log_odds(text, {sample.begin(), sample.end()});
}

double QualityModel::log_odds(std::string_view text, std::span<const Place> parts) const {
  Sum words, bytes;
  const int16_t* weights = weights_.data();
  const int bits = shape_.bits;
  const auto add = [weights, bits](Sum& sum, const QualityFeature& feature) {
    const int64_t sign = -static_cast<int64_t>(feature.negative(bits));
    sum.total += (weights[feature.index(bits)] ^ sign) - sign;
    ++sum.count;
  };
  for (const Place& place : parts)
    walk_features(
        text, place, shape_, [&](const QualityFeature& feature) { add(words, feature); },
        [&](const QualityFeature& feature) { add(bytes, feature); });
  return scale_ * (words.scaled() + bytes.scaled()) + bias_;
}

double QualityModel::probability(std::string_view text) const { return exact_logistic(log_odds(text)); }

// Kadane's stretch of the lowest sum.
Place QualityModel::worst_stretch(std::string_view text) const {
  struct Step {
    size_t begin, end;
    int kind, weight;
  };
  std::vector<Step> steps;
  double counts[2] = {0, 0};
  const auto add = [&](int kind, const QualityFeature& feature) {
    const int weight = weights_[feature.index(shape_.bits)];
    steps.push_back({feature.begin, feature.end, kind, feature.negative(shape_.bits) ? -weight : weight});
    ++counts[kind];
  };
  for (const Place& place : sample_of(text, static_cast<size_t>(shape_.sample_bytes)))
    walk_features(
        text, place, shape_, [&](const QualityFeature& feature) { add(0, feature); },
        [&](const QualityFeature& feature) { add(1, feature); });
  const double scales[2] = {scale_ / std::sqrt(counts[0]), scale_ / std::sqrt(counts[1])};
  Place best;
  double lowest = 0, sum = 0;
  size_t begin = 0;
  for (const Step& step : steps) {
    if (sum >= 0) sum = 0, begin = step.begin;
    begin = std::min(begin, step.begin);
    sum += step.weight * scales[step.kind];
    if (sum < lowest) lowest = sum, best = {begin, step.end};
  }
  return best.end > best.begin ? whole_chars(text, best) : Place();
}

QualityExplanation QualityModel::explain(std::string_view text, size_t most) const {
  QualityExplanation why;
  why.log_odds = log_odds(text);
  why.probability = exact_logistic(why.log_odds);
  why.bias = bias_;
  const Sample sample = sample_of(text, static_cast<size_t>(shape_.sample_bytes));
  int64_t counts[2] = {0, 0};
  for (const Place& place : sample)
    walk_features(
        text, place, shape_, [&](const QualityFeature&) { ++counts[0]; }, [&](const QualityFeature&) { ++counts[1]; });
  std::map<std::pair<int, uint64_t>, size_t> known;  // kind and hash, to the row
  std::vector<QualityEvidence> rows;
  const auto add = [&](int kind, const QualityFeature& feature) {
    const double weight = scale_ * weights_[feature.index(shape_.bits)] / std::sqrt(static_cast<double>(counts[kind]));
    const double adds = feature.negative(shape_.bits) ? -weight : weight;
    const auto [it, fresh] = known.try_emplace({kind, feature.hash}, rows.size());
    if (fresh) {
      const Place place = whole_chars(text, {feature.begin, feature.end});
      rows.push_back({std::string(text.substr(place.begin, place.end - place.begin)), 0, 0, place});
    }
    rows[it->second].log_odds += adds;
    ++rows[it->second].times;
  };
  for (const Place& place : sample)
    walk_features(
        text, place, shape_, [&](const QualityFeature& feature) { add(0, feature); },
        [&](const QualityFeature& feature) { add(1, feature); });
  why.good = heaviest(rows, most, [](const QualityEvidence& row) { return row.log_odds > 0; });
  why.bad = heaviest(rows, most, [](const QualityEvidence& row) { return row.log_odds < 0; });
  why.worst = worst_stretch(text);
  return why;
}

}  // namespace persea::curate
