// SPDX-License-Identifier: Apache-2.0

// A stream of a table. Its value at the time of a row is looked up first, and printed after all streams of
// the row were looked up.
//
//   AlignedStream notes({"lab/notes", "", 0}, "shm align");
//   if (notes.look_up(time, {.options = {.how = shm::AsOfMethod::nearest}})) notes.print(out);
//
// Items have a column for each number, text and truth value (columns.hpp), records have one: themselves, as
// text (record_printer.hpp). Memory holds one record, or the two items that numbers lie between.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/options.hpp"
#include "common/output.hpp"
#include "consumers/shm/columns.hpp"
#include "consumers/shm/common_index.hpp"
#include "shm/query/as_of.hpp"
#include "shm/stream/record_reader.hpp"

namespace shm::programs {

/// Which part of a stream belongs to the time of a row.
struct Alignment {
  shm::AsOfOptions<> options = {};                        ///< but for `wait`
  bool is_linear = false;                                 ///< numbers on the line between the items around it
  std::optional<std::chrono::nanoseconds> lateness = {};  ///< to wait until it is sure; nothing: it must be
};

class AlignedStream {
 public:
  /// @throws as IndexedStream; InvalidArgument  it has more than most_columns.
  AlignedStream(const StreamArguments& arguments, const std::string& program);

  [[nodiscard]] IndexedStream& indexed() noexcept { return stream_; }
  [[nodiscard]] const CommonIndex& index() const noexcept { return index_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool has_records() const noexcept { return !columns_; }

  /// Takes the item at its reader's cursor, for a row of its own; returns as RawReader::try_next().
  [[nodiscard]] shm::Status take_next();
  /// Takes the item that the stream had as of the key, if there is one. False: the result may still change,
  /// and the call does not wait for that. @throws as as_of(); BadStream.
  [[nodiscard]] bool look_up(std::int64_t key, const Alignment& alignment);

  /// ",name" for each column.
  void print_names(Output& out) const;
  /// ",value" for each column of the item that was taken; "," if there was no item.
  void print(Output& out) const;
  /// How many of these are empty because their item is overwritten.
  [[nodiscard]] std::size_t gone_cells() const noexcept;

 private:
  enum class Taken { nothing, gone, one, between };

  [[nodiscard]] Taken copy(shm::Index index, std::vector<std::byte>& item);

  std::string name_;
  IndexedStream stream_;
  CommonIndex index_;
  std::optional<Columns> columns_;  // of items

  Taken taken_ = Taken::nothing;
  shm::Record record_;
  std::vector<std::byte> item_;
  std::vector<std::byte> next_;  // and how far from the one to the other:
  double way_ = 0;
};

}  // namespace shm::programs
