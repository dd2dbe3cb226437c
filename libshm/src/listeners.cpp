#include "listeners.hpp"

#include <algorithm>

namespace shm {

void Listeners::add(const std::shared_ptr<const segment::AttachedStream>& stream) {
  const bool taken = std::any_of(listeners_.begin(), listeners_.end(),
                                 [&stream](const auto& listener) { return listener->add(stream); });
  if (taken) return;
  listeners_.push_back(std::make_unique<Listener>([this] {
    // Release: pairs with the acquire of who waits; the bells were listened to before.
    heard_.fetch_add(1, std::memory_order_release);
    os::futex_wake_all(heard_);
    return Listener::Clock::time_point::max();  // who waits has the bounded sleep
  }));
  static_cast<void>(listeners_.back()->add(stream));
}

void Listeners::remove(const segment::AttachedStream& stream) {
  for (const auto& listener : listeners_) {
    if (listener->remove(stream)) return;
  }
}

}  // namespace shm
