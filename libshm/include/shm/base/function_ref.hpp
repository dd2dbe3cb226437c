// SPDX-License-Identifier: Apache-2.0

// A parameter that is a function: any callable, called during the call and not kept. It takes the place of
// std::function there, without <functional> and without a copy.
//
//   int twice(shm::FunctionRef<int(int)> function);
//   int six = twice([](int n) { return n + 3; });
//
// One thread at a time. Calls throw what the callable throws.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

namespace shm {

template <class Signature>
class FunctionRef;

template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  /// REQUIRES: the callable lives as long as this.
  template <class Callable>
  requires(!std::same_as<std::remove_cvref_t<Callable>, FunctionRef>) FunctionRef(Callable&& callable)
  noexcept  // NOLINT: a parameter
      : callable_(const_cast<void*>(static_cast<const void*>(&callable))),
        call_([](void* target, Arguments... arguments) -> Result {
          return (*static_cast<std::remove_reference_t<Callable>*>(target))(
              std::forward<Arguments>(arguments)...);
        }) {}

  Result operator()(Arguments... arguments) const {
    return call_(callable_, std::forward<Arguments>(arguments)...);
  }

 private:
  void* callable_;
  Result (*call_)(void*, Arguments...);
};

}  // namespace shm
