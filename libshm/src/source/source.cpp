// SPDX-License-Identifier: Apache-2.0
#include "shm/source/source.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <string>
#include <thread>

#include "shm/base/error.hpp"

namespace shm::detail {

using namespace std::chrono_literals;

struct SourceThread::State {
  State(RawWriter& stream, Calls functions, Demand::Policy demand_policy)
      : writer(stream),
        calls(std::move(functions)),
        policy(demand_policy),
        demand(std::in_place, stream, policy) {}

  void run();
  void run_source();
  bool try_open(std::uint64_t word);
  void idle();
  [[nodiscard]] bool wanted() {
    demand->set_always(policy.always || by_hand.load());
    return demand->wanted() && !quitting.load();
  }
  [[nodiscard]] std::string ask(bool to_run);

  /// Reports that all requests up to `word` are complete, with this result.
  void acted_on(std::uint64_t word, std::string why_not = {}) {
    const std::lock_guard lock(mutex);
    if (word == answered) return;
    answered = word;
    start_error = std::move(why_not);
    changed.notify_all();
  }

  RawWriter& writer;
  Calls calls;
  Demand::Policy policy;
  std::optional<Demand> demand;
  Interrupt wake_word;  // start(), stop() and the destructor end the thread's sleep with it
  std::atomic<bool> quitting{false};
  std::atomic<bool> by_hand{false};
  std::atomic<bool> started{false};
  std::atomic<std::uint64_t> asked{0};  // requests from start() and stop()
  std::mutex mutex;                     // of the members below
  std::condition_variable changed;
  std::uint64_t answered = 0;
  std::string start_error;
  bool over = false;
  std::thread thread;
};

void SourceThread::State::run() {
  while (!quitting.load() && writer.is_open()) {
    const std::uint64_t word = asked.load();
    if (!wanted()) {
      acted_on(word);
      idle();
    } else if (try_open(word)) {
      acted_on(word);
      run_source();
    }
  }
  const std::lock_guard lock(mutex);
  over = true;
  changed.notify_all();
}

void SourceThread::State::idle() {
  demand->wait(250ms, &wake_word);
  wake_word.reset();  // the caller checks all reasons to trigger it next
}

bool SourceThread::State::try_open(std::uint64_t word) {
  std::string why = "unknown error";
  try {
    calls.open();
    started.store(true);
    demand->started();
    return true;
  } catch (const std::exception& error) {
    why = error.what();
  } catch (...) {  // no exception of a source may end the process
  }
  by_hand.store(false);
  demand->failed(why);
  acted_on(word, why);
  if (policy.always) demand->wait(1s, &wake_word);  // then try again, but not in a tight loop
  return false;
}

void SourceThread::State::run_source() {
  bool exhausted = false;
  std::optional<std::string> failure;
  while (!exhausted && !failure) {
    const std::uint64_t word = asked.load();
    if (!wanted()) break;
    acted_on(word);
    try {
      exhausted = !calls.read();
    } catch (const std::exception& error) {
      failure = error.what();
    } catch (...) {
      failure = "unknown error";
    }
  }
  calls.close();
  started.store(false);
  if (exhausted) {
    demand.reset();  // it uses the stream, so it ends first
    writer.close();
  } else if (failure) {
    by_hand.store(false);
    demand->failed(*failure);
  } else {
    demand->stopped();
  }
}

/// Hands a request to the thread and waits until the thread completed it. Returns the reason if that failed, else an
/// empty text.
std::string SourceThread::State::ask(bool to_run) {
  std::unique_lock lock(mutex);
  by_hand.store(to_run);
  const std::uint64_t word = asked.fetch_add(1) + 1;
  wake_word.trigger();
  changed.wait(lock, [&] { return answered >= word || over; });
  if (over && to_run) return "the source is exhausted";
  return start_error;
}

SourceThread::SourceThread(RawWriter& writer, Calls calls, Demand::Policy policy)
    : state_(std::make_unique<State>(writer, std::move(calls), policy)) {
  state_->thread = std::thread([this] { state_->run(); });
}

SourceThread::~SourceThread() {
  state_->quitting.store(true);
  state_->wake_word.trigger();
  state_->thread.join();
  state_->demand.reset();  // while the writer is there
}

void SourceThread::start() {
  const std::string error = state_->ask(true);
  if (!error.empty()) throw SourceFailed("the source did not start: " + error);
}

void SourceThread::stop() { static_cast<void>(state_->ask(false)); }

bool SourceThread::is_started() const noexcept { return state_->started.load(); }

}  // namespace shm::detail
