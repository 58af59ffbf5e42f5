#include "serve/writing_options.h"

#include <charconv>
#include <random>

namespace persea {
namespace {

constexpr size_t kMostStops = 16, kMostBiases = 1024, kLongestStop = 1024;

std::vector<std::string> read_stops(const FieldReader& request) {
  std::vector<std::string> stops;
  const Json* value = request.find("stop");
  if (!value) return stops;
  if (value->is_string()) {
    stops.push_back(request.text("stop"));
  } else if (const Json* list = request.array("stop", kMostStops)) {
    for (const Json& stop : *list) {
      if (!stop.is_string()) {
        request.refuse("stop", fmt::format("must be a text or a list of texts, not of {}", kind_of(stop)),
                       "invalid_type");
        return stops;
      }
      stops.push_back(stop);
    }
  }
  for (const std::string& stop : stops) {
    if (stop.empty()) request.refuse("stop", "an empty text would stop everything: leave it out");
    if (stop.size() > kLongestStop) request.refuse("stop", fmt::format("is longer than {} bytes", kLongestStop));
  }
  return stops;
}

std::vector<std::pair<int32_t, float>> read_biases(const FieldReader& request) {
  std::vector<std::pair<int32_t, float>> biases;
  const Json* map = request.object("logit_bias");
  if (!map) return biases;
  if (map->size() > kMostBiases) request.refuse("logit_bias", fmt::format("has over {} tokens", kMostBiases));
  for (const auto& [key, value] : map->items()) {
    int32_t token = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), token);
    if (error != std::errc() || end != key.data() + key.size() || token < 0) {
      request.refuse("logit_bias", "its keys must be token ids: /tokenize tells them");
    } else if (!value.is_number() || !(value.get<double>() >= -100 && value.get<double>() <= 100)) {
      request.refuse("logit_bias", fmt::format("the bias of token {} must be a number in -100..100", token));
    } else {
      biases.emplace_back(token, value.get<float>());
    }
    if (request.failed()) break;
  }
  return biases;
}

}  // namespace

WritingOptions read_writing_options(const FieldReader& request) {
  WritingOptions options;
  SamplerOptions& sampler = options.sampler;
  sampler.temperature = request.number("temperature", 1, 0, 2);
  sampler.top_p = request.number("top_p", 1, 0, 1);
  if (sampler.top_p == 0) sampler.top_p = 1e-9;  // some clients mean "the likeliest" by it
  sampler.top_k = request.integer("top_k", 0, -1);
  if (sampler.top_k < 0) sampler.top_k = 0;  // -1 is others' word for all
  sampler.min_p = request.number("min_p", 0, 0, 1);
  sampler.presence_penalty = request.number("presence_penalty", 0, -2, 2);
  sampler.frequency_penalty = request.number("frequency_penalty", 0, -2, 2);
  sampler.repetition_penalty = request.number("repetition_penalty", 1, 0.01, 100);
  sampler.bias = read_biases(request);
  options.seeded = request.find("seed") != nullptr;
  sampler.seed = options.seeded ? static_cast<uint64_t>(request.integer("seed", 0, std::numeric_limits<int64_t>::min()))
                                : (uint64_t{std::random_device()()} << 32 | std::random_device()());
  options.stop = read_stops(request);
  options.choices = request.integer("n", 1, 1, kMostChoices);
  options.stream = request.flag("stream", false);
  if (const Json* more = request.object("stream_options")) {
    if (!options.stream) request.refuse("stream_options", "has a meaning only with \"stream\": true");
    options.stream_usage =
        FieldReader(*more, request.path("stream_options"), request.error()).flag("include_usage", false);
  }
  options.user = request.text("user", request.text("safety_identifier"));
  if (options.user.size() > 256) request.refuse("user", "is longer than 256 bytes");
  options.store = request.flag("store", false);
  return options;
}

}  // namespace persea
