// SPDX-License-Identifier: Apache-2.0

// Fuzz target: item formats, which are PEP 3118 texts from a stream's header or from a command line. Tools parse and
// describe them, and print items of any bytes with them.
#include "shm/format/item_format.hpp"

#include <fcntl.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "common/json.hpp"
#include "common/text.hpp"
#include "consumers/shm/describe.hpp"
#include "consumers/shm/item_printer.hpp"
#include "shm/base/error.hpp"
#include "verification/fuzz/support/target.hpp"

namespace {

using namespace shm;
using namespace shm::fuzz;

constexpr std::size_t most_item_bytes = 1024;
constexpr std::size_t most_text_held = std::size_t{1} << 20;

/// Checks that every field lies within its parent, after the field before it.
void check_field(const FormatField& field) {
  SHM_FUZZ_CHECK(field.bytes() > 0);
  SHM_FUZZ_CHECK(field.bytes() % field.element_bytes == 0);
  std::size_t end = 0;
  for (const FormatField& inner : field.fields) {
    SHM_FUZZ_CHECK(inner.offset >= end);
    end = inner.offset + inner.bytes();
    check_field(inner);
  }
  SHM_FUZZ_CHECK(end <= field.element_bytes);
}

void print(const ItemFormat& format, const std::string& bytes) {
  if (format.item_bytes() > most_item_bytes) return;
  std::vector<std::byte> item(format.item_bytes());
  if (!bytes.empty()) {
    for (std::size_t i = 0; i < item.size(); ++i) item[i] = static_cast<std::byte>(bytes[i % bytes.size()]);
  }
  static const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  programs::Output text(nowhere);
  programs::ItemPrinter(format, programs::PrintAs::text).print(item, text);
  programs::Output json(nowhere);
  programs::ItemPrinter(format, programs::PrintAs::json).print(item, json);
  SHM_FUZZ_CHECK(json.buffer().size() < most_text_held && text.buffer().size() < most_text_held);
  // The text of a large item no longer has its beginning here.
  const bool whole = format.text().size() * item.size() < 10'000;
  SHM_FUZZ_CHECK(!whole || nlohmann::json::accept(json.buffer().begin(), json.buffer().end()));
}

}  // namespace

SHM_FUZZ_TARGET(item_format) {
  const std::string bytes = input.text();
  const std::string text = unrolled(input.rest());
  try {
    const ItemFormat format(text);
    check_field(format.root());
    SHM_FUZZ_CHECK(format == ItemFormat(format.text()));
    static_cast<void>(programs::type_word(format.root()));
    static_cast<void>(programs::json_line(programs::field_json(format.root())));
    print(format, bytes);
  } catch (const InvalidArgument&) {  // no format
  }
}
