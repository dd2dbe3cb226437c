// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/base64.hpp"

#include <algorithm>
#include <array>
#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>

namespace shm::programs {

void append_base64(Output::Buffer& out, std::span<const std::byte> bytes) {
  using namespace boost::archive::iterators;
  using Encoded = base64_from_binary<transform_width<const char*, 6, 8>>;
  const auto* const begin = reinterpret_cast<const char*>(bytes.data());
  // A group of less than three bytes is read to the end of these three: they are bytes of this function.
  const std::size_t whole = bytes.size() / 3 * 3;
  for (Encoded at(begin), end(begin + whole); at != end; ++at) out.push_back(*at);
  if (whole == bytes.size()) return;
  std::array<char, 3> last{};
  std::copy(begin + whole, begin + bytes.size(), last.begin());
  const std::size_t digits = bytes.size() - whole + 1;
  Encoded at(last.data());
  for (std::size_t i = 0; i < 4; ++i) out.push_back(i < digits ? *at++ : '=');
}

}  // namespace shm::programs
