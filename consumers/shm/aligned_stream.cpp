// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/aligned_stream.hpp"

#include "consumers/shm/quote.hpp"
#include "consumers/shm/record_printer.hpp"
#include "consumers/shm/records.hpp"
#include "shm/base/deadline.hpp"
#include "shm/base/error.hpp"

namespace shm::programs {

AlignedStream::AlignedStream(const StreamArguments& arguments, const std::string& program)
    : name_(arguments.stream), stream_(arguments, program), index_(stream_.index()) {
  if (stream_.records()) return;
  const shm::RawReader& reader = stream_.reader();
  columns_.emplace(name_, reader.format());
  item_.resize(reader.item_bytes());
  next_.resize(reader.item_bytes());
}

shm::Status AlignedStream::take_next() {
  taken_ = Taken::one;
  return has_records() ? stream_.records()->try_read(record_)
                       : stream_.reader().next(item_, shm::Deadline::now());
}

bool AlignedStream::look_up(std::int64_t key, const Alignment& alignment) {
  shm::RawReader& reader = stream_.reader();
  shm::AsOfOptions<> options = alignment.options;
  if (alignment.lateness) options.wait = *alignment.lateness;
  const shm::AsOf<> found = shm::as_of(reader, index_, key, options);
  if (found.state == shm::AsOfState::not_yet && !alignment.lateness) return false;
  taken_ = found.state == shm::AsOfState::gone ? Taken::gone : Taken::nothing;
  if (!found.index) return true;
  taken_ = copy(*found.index, item_);
  if (taken_ != Taken::one || !alignment.is_linear || found.key == key) return true;

  options.how = shm::AsOfMethod::next;
  const shm::AsOf<> next = shm::as_of(reader, index_, key, options);
  taken_ = next.state == shm::AsOfState::gone ? Taken::gone : Taken::nothing;
  if (next.state != shm::AsOfState::found) return true;
  taken_ = copy(*next.index, next_);
  if (taken_ != Taken::one) return true;
  taken_ = Taken::between;
  way_ = static_cast<double>(key - found.key) / static_cast<double>(next.key - found.key);
  return true;
}

/// Copies an item; a record goes into the memory of records, and `item` stays unused.
AlignedStream::Taken AlignedStream::copy(shm::Index index, std::vector<std::byte>& item) {
  if (has_records()) return copy_record(*stream_.records(), index, record_) ? Taken::one : Taken::gone;
  try {
    stream_.reader().item(static_cast<std::int64_t>(index), item);
    return Taken::one;
  } catch (const shm::OverlapsPast&) {
    return Taken::gone;
  }
}

void AlignedStream::print_names(Output& out) const {
  if (columns_) return columns_->print_names(out);
  out.buffer().push_back(',');
  append_csv(out.buffer(), name_);
}

void AlignedStream::print(Output& out) const {
  switch (taken_) {
    case Taken::nothing:
    case Taken::gone:
      return columns_ ? columns_->print_nothing(out) : out.append(",");
    case Taken::one:
      if (columns_) return columns_->print(item_, out);
      out.append(",");
      return print_record(record_, std::nullopt, PrintRecordAs::csv, out);
    case Taken::between:
      return columns_->print_between(item_, next_, way_, out);
  }
}

std::size_t AlignedStream::gone_cells() const noexcept {
  if (taken_ != Taken::gone) return 0;
  return columns_ ? columns_->size() : 1;
}

}  // namespace shm::programs
