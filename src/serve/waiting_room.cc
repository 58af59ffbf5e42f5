#include "serve/waiting_room.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

namespace persea {

using Clock = std::chrono::steady_clock;

struct WaitingRoom::State {
  std::mutex mutex;
  size_t most = 1, inside = 0;
  std::map<std::string, size_t> clients;  // how many each has inside, if any
  uint64_t refused = 0;
  double stay_seconds = 0;  // of a request, lately

  void leave(const std::string& client, Clock::time_point since) {
    const double seconds = std::chrono::duration<double>(Clock::now() - since).count();
    const std::lock_guard lock(mutex);
    stay_seconds = stay_seconds == 0 ? seconds : 0.9 * stay_seconds + 0.1 * seconds;
    --inside;
    if (const auto own = clients.find(client); --own->second == 0) clients.erase(own);
  }
};

WaitingRoom::WaitingRoom(size_t most) : state_(std::make_shared<State>()) { state_->most = std::max<size_t>(most, 1); }

std::variant<WaitingRoom::Place, Scheduler::Refusal> WaitingRoom::enter(const std::string& client) {
  const std::lock_guard lock(state_->mutex);
  State& state = *state_;
  const auto found = state.clients.find(client);
  const size_t own = found == state.clients.end() ? 0 : found->second;
  const size_t share = state.most / (state.clients.size() + (own == 0 ? 1 : 0));
  if (state.inside >= state.most && (own >= share || state.inside >= 2 * state.most)) {
    ++state.refused;
    // Half of those inside will have left by then, as far as one can tell.
    return Scheduler::Refusal{.busy = true,
                              .retry_seconds = std::clamp(state.stay_seconds / 2, 1.0, 60.0),
                              .why = fmt::format("{} requests are waiting or under way already", state.inside)};
  }
  ++state.inside;
  ++state.clients[client];
  return Place(state_.get(), [shared = state_, client, since = Clock::now()](void*) { shared->leave(client, since); });
}

uint64_t WaitingRoom::refused() const {
  const std::lock_guard lock(state_->mutex);
  return state_->refused;
}

}  // namespace persea
