// SPDX-License-Identifier: Apache-2.0

// Parses PEP 3118 format strings: https://peps.python.org/pep-3118/ (additions to the strings of the struct
// module).
#include "shm/format/item_format.hpp"

#include <limits>
#include <optional>

#include "shm/base/error.hpp"

namespace shm {
namespace {

constexpr std::size_t max_text_bytes = std::size_t{64} << 10;
constexpr std::size_t max_item_bytes = std::numeric_limits<std::int32_t>::max();
constexpr int max_depth = 32;
constexpr std::size_t max_dimensions = 16;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  FormatField parse() {
    if (text_.size() > max_text_bytes) refuse("is longer than 64 KiB");
    FormatField all = parse_fields('\0', 0);
    // One element without name and padding is the item itself; anything else is a struct.
    if (all.fields.size() == 1 && all.fields[0].name.empty() && all.fields[0].bytes() == all.element_bytes) {
      return std::move(all.fields[0]);
    }
    return all;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw InvalidArgument("item format '" + std::string(text_.substr(0, 200)) + "': at character " +
                          std::to_string(at_ + 1) + ": " + why);
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  bool take(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }

  std::optional<std::size_t> take_number() {
    if (peek() < '0' || peek() > '9') return std::nullopt;
    std::size_t n = 0;
    while (peek() >= '0' && peek() <= '9') {
      n = n * 10 + static_cast<std::size_t>(text_[at_++] - '0');
      if (n > max_item_bytes) refuse("a number is too large");
    }
    return n;
  }

  std::vector<std::size_t> take_shape() {
    std::vector<std::size_t> shape;
    if (!take('(')) return shape;
    do {
      const auto n = take_number();
      if (!n || *n == 0) refuse("a shape has numbers of 1 or more");
      shape.push_back(*n);
    } while (take(','));
    if (!take(')')) refuse("a shape ends with ')'");
    if (shape.size() > max_dimensions) refuse("a shape has too many dimensions");
    return shape;
  }

  void take_byte_order() {
    for (;;) {
      if (take('<') || take('=')) {
        ordered_ = true;
      } else if (peek() == '>' || peek() == '!') {
        refuse("items are little endian here");
      } else if (take('@')) {
        ordered_ = false;
      } else {
        return;
      }
    }
  }

  std::string take_name() {
    if (!take(':')) return {};
    const std::size_t end = text_.find(':', at_);
    if (end == std::string_view::npos) refuse("a name ends with ':'");
    std::string name(text_.substr(at_, end - at_));
    at_ = end + 1;
    return name;
  }

  /// Bytes of a number type; 0 for other letters.
  static std::size_t number_bytes(char type) {
    switch (type) {
      case '?':
      case 'c':
      case 'b':
      case 'B':
        return 1;
      case 'h':
      case 'H':
        return 2;
      case 'i':
      case 'I':
      case 'l':  // standard size, since the order is explicit
      case 'L':
      case 'f':
        return 4;
      case 'q':
      case 'Q':
      case 'd':
        return 8;
      default:
        return 0;
    }
  }

  FormatField take_field(int depth) {
    FormatField field;
    field.shape = take_shape();
    take_byte_order();
    std::optional<std::size_t> count = take_number();
    const char type = done() ? '\0' : text_[at_++];
    if (type == 'T') {
      if (!take('{')) refuse("a struct begins with 'T{'");
      FormatField inner = parse_fields('}', depth + 1);
      field.fields = std::move(inner.fields);
      field.element_bytes = inner.element_bytes;
    } else if (type == 's') {
      field.element_bytes = count.value_or(1);
      count.reset();
    } else {
      field.element_bytes = number_bytes(type);
      if (field.element_bytes == 0) {
        --at_;
        refuse("expected a type (? c b B h H i I q Q f d s x T{...})");
      }
      if (field.element_bytes > 1 && !ordered_) refuse("the byte order must be given: '<' before the type");
    }
    field.type = type == 'l' ? 'i' : type == 'L' ? 'I' : type;
    if (count) field.shape.push_back(*count);
    std::size_t bytes = field.element_bytes;
    for (const std::size_t n : field.shape) {
      if (n == 0 || bytes > max_item_bytes / n) refuse("an element of no bytes, or of more than 2 GiB");
      bytes *= n;
    }
    if (bytes == 0) refuse("an element of no bytes");
    field.name = take_name();
    return field;
  }

  /// Elements up to `end` ('\0': the end of the text).
  FormatField parse_fields(char end, int depth) {
    if (depth > max_depth) refuse("structs are nested too deeply");
    FormatField all;
    all.type = 'T';
    for (;;) {
      if (end == '\0' ? done() : take(end)) break;
      if (done()) refuse("a struct ends with '}'");
      take_byte_order();
      const std::size_t before = at_;
      const std::size_t padding = take_number().value_or(1);
      if (take('x')) {
        all.element_bytes += padding;
      } else {
        at_ = before;
        FormatField field = take_field(depth);
        field.offset = all.element_bytes;
        all.element_bytes += field.bytes();
        all.fields.push_back(std::move(field));
      }
      if (all.element_bytes > max_item_bytes) refuse("an item of more than 2 GiB");
    }
    if (all.element_bytes == 0) refuse("an item of no bytes");
    return all;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool ordered_ = false;
};

}  // namespace

std::size_t FormatField::count() const noexcept {
  std::size_t n = 1;
  for (const std::size_t of_dimension : shape) n *= of_dimension;
  return n;
}

ItemFormat::ItemFormat(std::string_view text) : text_(text), root_(Parser(text_).parse()) {}

}  // namespace shm
