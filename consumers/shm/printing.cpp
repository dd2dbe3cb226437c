// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/printing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "consumers/shm/item_printer.hpp"
#include "consumers/shm/record_printer.hpp"
#include "consumers/shm/records.hpp"
#include "shm/query/stream_keys.hpp"
#include "shm/stream/record_reader.hpp"

namespace shm::programs {
namespace {

constexpr std::size_t batch_bytes = std::size_t{256} << 10;

class ItemsPrinting : public Printing {
 public:
  ItemsPrinting(shm::RawReader reader, const PrintingOptions& options)
      : options_(options),
        reader_(std::move(reader)),
        batch_(std::max<std::size_t>(1, batch_bytes / reader_.item_bytes()) * reader_.item_bytes()) {
    if (options_.format == "text") printer_.emplace(reader_.format(), PrintAs::text);
    if (options_.format == "json") printer_.emplace(reader_.format(), PrintAs::json);
  }

  [[nodiscard]] shm::RawReader& reader() noexcept override { return reader_; }

  shm::ReadResult print(std::uint64_t most, shm::Deadline deadline, Output& out) override {
    const std::size_t item_bytes = reader_.item_bytes();
    const std::uint64_t room = std::min<std::uint64_t>(most, batch_.size() / item_bytes);
    const shm::ReadResult result =
        reader_.read(std::span(batch_).first(room * item_bytes), shm::Amount::available, deadline);
    const std::span<const std::byte> items = std::span(batch_).first(result.count * item_bytes);
    if (options_.format == "raw") {
      out.write(items);
      return result;
    }
    for (std::size_t i = 0; i < result.count; ++i) {
      print_item(result.first + i, items.subspan(i * item_bytes, item_bytes), out);
    }
    return result;
  }

 private:
  void print_item(shm::Index index, std::span<const std::byte> item, Output& out) const {
    const bool json = options_.format == "json";
    if (options_.index) {
      fmt::format_to(fmt::appender(out.buffer()), "{}{}{}", json ? "{\"index\":" : "", index,
                     json ? ",\"item\":" : ": ");
    }
    printer_ ? printer_->print(item, out) : print_hex(item, out);
    out.append(json && options_.index ? "}\n" : "\n");
    out.flush_if_large();
  }

  const PrintingOptions options_;
  shm::RawReader reader_;
  std::optional<ItemPrinter> printer_;  // of text and JSON
  std::vector<std::byte> batch_;
};

class RecordsPrinting : public Printing {
 public:
  RecordsPrinting(shm::RecordReader reader, const PrintingOptions& options)
      : options_(options), reader_(std::move(reader)) {
    if (options_.format == "json") as_ = PrintRecordAs::json;
    if (options_.format == "hex") as_ = PrintRecordAs::hex;
    if (shm::StreamKeys::are_in(reader_.info())) keys_.emplace(reader_.raw());
  }

  [[nodiscard]] shm::RawReader& reader() noexcept override { return reader_.raw(); }

  shm::ReadResult print(std::uint64_t most, shm::Deadline deadline, Output& out) override {
    shm::ReadResult result{shm::Status::ok, 0, reader_.cursor()};
    std::size_t bytes = 0;
    while (result.count < most && bytes < batch_bytes) {
      const shm::Status status =
          result.count == 0 ? reader_.read(record_, deadline) : reader_.try_read(record_);
      if (status == shm::Status::not_yet) break;  // all readable items are printed
      result.status = status;
      if (status != shm::Status::ok) break;
      print_one(out);
      result.count += 1;
      bytes += record_.bytes.size() + 1;
    }
    return result;
  }

 private:
  void print_one(Output& out) {
    if (options_.format == "raw") return out.write(record_.bytes);
    if (options_.index && as_ != PrintRecordAs::json) {  // JSON has it in any case
      fmt::format_to(fmt::appender(out.buffer()), "{}: ", record_.index);
    }
    const bool wants_time = as_ == PrintRecordAs::json && keys_;
    print_record(record_, wants_time ? keys_->key(record_.index) : std::nullopt, as_, out);
    out.append("\n");
    out.flush_if_large();
  }

  const PrintingOptions options_;
  shm::RecordReader reader_;
  std::optional<shm::StreamKeys> keys_;
  PrintRecordAs as_ = PrintRecordAs::text;
  shm::Record record_;
};

}  // namespace

std::unique_ptr<Printing> make_printing(const StreamArguments& arguments, const PrintingOptions& options,
                                        const std::string& name) {
  shm::RawReader reader = attach(arguments, name);
  std::optional<shm::RecordReader> records = attach_records(reader, arguments, name);
  if (records) return std::make_unique<RecordsPrinting>(std::move(*records), options);
  return std::make_unique<ItemsPrinting>(std::move(reader), options);
}

}  // namespace shm::programs
