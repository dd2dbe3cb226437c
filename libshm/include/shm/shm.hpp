// SPDX-License-Identifier: Apache-2.0

// All of libshm: named streams in shared memory, each with one writer and any number of readers.
//
//   struct Tick { std::int64_t time; double price; };
//   BOOST_DESCRIBE_STRUCT(Tick, (), (time, price))
//
//   shm::Writer<Tick> out("market/ticks", {.history = 100'000});               // one process
//   out.append({1, 100.0});
//
//   shm::Reader<Tick> in("market/ticks", shm::Start::next());                  // any number of others
//   for (const Tick& tick : in) use(tick);
//
// A program may include single headers instead, which compile faster. By layer (docs/architecture.md), each
// using only those above it:
//
//   base/        errors and their codes, status, indices, deadlines, wait strategies, interrupts
//   layout/      the bytes of the files; of interest here: anchor.hpp, record_entry.hpp
//   ring/        the protocol on those bytes; included by what uses it
//   time/        clocks, times as text, stamps, fitted lines
//   format/      item types as text (PEP 3118); described.hpp: structs as items
//   storage/     stream_options.hpp: what a stream is; catalog.hpp: list, describe, remove, evict
//   stream/      writer.hpp, reader.hpp: typed items (begin here); record_writer.hpp, record_reader.hpp:
//                items of variable size; raw_writer.hpp, raw_reader.hpp: item types known at run time only
//   audio/       streams of sound
//   wait/        many streams: wait_any.hpp, wait_set.hpp; descriptors: ready_fd.hpp. Not included here:
//                asio.hpp, coroutines on Boost.Asio
//   source/      producers that run while readers want them
//   query/       items by key: index maps, ranges, intervals, as-of lookups
//   operators/   several streams: merge, aligned windows, joins as of a key
//
// One thread at a time uses a writer or a reader; different ones are independent. Each header names its threads
// and what it throws (base/error.hpp).
#pragma once

#include "shm/audio/audio.hpp"
#include "shm/base/deadline.hpp"
#include "shm/base/error.hpp"
#include "shm/base/error_code.hpp"
#include "shm/base/function_ref.hpp"
#include "shm/base/index_range.hpp"
#include "shm/base/interrupt.hpp"
#include "shm/base/number_order.hpp"
#include "shm/base/owned.hpp"
#include "shm/base/saturating.hpp"
#include "shm/base/status.hpp"
#include "shm/base/wait_strategy.hpp"
#include "shm/format/described.hpp"
#include "shm/format/format_of.hpp"
#include "shm/format/item_format.hpp"
#include "shm/layout/anchor.hpp"
#include "shm/layout/record_entry.hpp"
#include "shm/operators/aligned_windows.hpp"
#include "shm/operators/as_of_join.hpp"
#include "shm/operators/merge.hpp"
#include "shm/query/as_of.hpp"
#include "shm/query/index_map.hpp"
#include "shm/query/interval.hpp"
#include "shm/query/interval_reader.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/query/key_range.hpp"
#include "shm/query/ledger.hpp"
#include "shm/query/stream_keys.hpp"
#include "shm/source/demand.hpp"
#include "shm/source/source.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/storage/default_directory.hpp"
#include "shm/storage/reader_list.hpp"
#include "shm/storage/stream_info.hpp"
#include "shm/storage/stream_options.hpp"
#include "shm/storage/survive_truncation.hpp"
#include "shm/stream/raw_reader.hpp"
#include "shm/stream/raw_writer.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/record_reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "shm/stream/writer.hpp"
#include "shm/time/anchor_builder.hpp"
#include "shm/time/clock.hpp"
#include "shm/time/stamp.hpp"
#include "shm/time/time_fit.hpp"
#include "shm/time/time_text.hpp"
#include "shm/version.hpp"
#include "shm/wait/ready_fd.hpp"
#include "shm/wait/wait_any.hpp"
#include "shm/wait/wait_set.hpp"
