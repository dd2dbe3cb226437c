// SPDX-License-Identifier: Apache-2.0

// Structs as items: their members are listed with Boost.Describe.
//
//   struct Tick {
//     std::int64_t time;
//     double bid;
//     double ask;
//   };
//   BOOST_DESCRIBE_STRUCT(Tick, (), (time, bid, ask))
//   std::string text = shm::format_of<Tick>();  // "T{<q:time:<d:bid:<d:ask:}"
//
// The list has every member, also of base classes, in the order of their offsets; bytes between members are
// padding. Pure functions: any thread may call them. Nothing here throws but std::bad_alloc.
#pragma once

#include <array>
#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include "shm/format/format_of.hpp"

namespace shm::detail {

template <class T>
struct DescribedFormat {
  static_assert(boost::describe::has_describe_members<T>::value,
                "list the members of this struct with BOOST_DESCRIBE_STRUCT, or specialise shm::FormatOf");
  static_assert(std::is_standard_layout_v<T>, "describe structs of standard layout only");

  static std::string text() {
    using Members = boost::describe::describe_members<T, boost::describe::mod_any_access |
                                                             boost::describe::mod_inherited>;
    std::string result = "T{";
    std::size_t at = 0;
    boost::mp11::mp_for_each<Members>([&](auto member) {
      using Member = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
      // In a standard-layout object, the offset of a member can be measured on its bytes.
      alignas(T) static const std::array<std::byte, sizeof(T)> image{};
      const T& object = *reinterpret_cast<const T*>(image.data());
      const auto offset = static_cast<std::size_t>(
          reinterpret_cast<const std::byte*>(&(object.*member.pointer)) - image.data());
      result += padding(offset - at) + format_of<Member>() + ":" + member.name + ":";
      at = offset + sizeof(Member);
    });
    return result + padding(sizeof(T) - at) + "}";
  }
};

}  // namespace shm::detail
