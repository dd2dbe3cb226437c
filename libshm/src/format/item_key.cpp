// SPDX-License-Identifier: Apache-2.0
#include "format/item_key.hpp"

#include <algorithm>

#include "shm/base/error.hpp"

namespace shm::storage {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw InvalidArgument("stream options: " + why); }

bool is_number(const FormatField& field) {
  return field.type != 'T' && field.type != 's' && field.type != '?';
}

}  // namespace

const FormatField& key_field(const ItemFormat& format, const Timestamp& timestamp) {
  const FormatField& root = format.root();
  if (timestamp.kind == Timestamp::Kind::first_element) {
    if (root.shape.empty() || !is_number(root)) {
      refuse("a first element can only be the time where items are rows of numbers, not '" + format.text() +
             "'");
    }
    return root;
  }
  const std::string name = timestamp.kind == Timestamp::Kind::time_and_value ? "time" : timestamp.name;
  const auto found = std::find_if(root.fields.begin(), root.fields.end(),
                                  [&](const FormatField& field) { return field.name == name; });
  if (found == root.fields.end() || !root.shape.empty() || !is_number(*found) || !found->shape.empty()) {
    refuse("no single number named '" + name + "' in items of format '" + format.text() + "' to be the time");
  }
  return *found;
}

ItemKey::ItemKey(const ItemFormat& format, const Timestamp& timestamp) {
  const FormatField& field = key_field(format, timestamp);
  offset_ = field.offset;
  type_ = field.type;
}

}  // namespace shm::storage
