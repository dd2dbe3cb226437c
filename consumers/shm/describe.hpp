// SPDX-License-Identifier: Apache-2.0

// Streams, formats and readers in words and as JSON; shared by `ls` and `info`.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "common/json.hpp"
#include "shm/format/item_format.hpp"
#include "shm/storage/stream_info.hpp"

namespace shm::programs {

[[nodiscard]] std::string_view word(shm::WriterState state) noexcept;  ///< live, ended, lost
[[nodiscard]] std::string_view word(
    shm::layout::SourceState state) noexcept;  ///< none, stopped, running, failed
[[nodiscard]] std::string_view word(shm::Timestamp::Kind kind) noexcept;
[[nodiscard]] std::string type_word(
    const shm::FormatField& field);  ///< "int16", "float64[2][3]", "struct", "text(8)"
[[nodiscard]] std::string clock_word(::clockid_t clock);
[[nodiscard]] std::string rate_text(double rate);  ///< "48000 /s"; "-" without a rate

/// "shm-alsa 1234", "lost (was shm-alsa 1234)", "ended"
[[nodiscard]] std::string writer_text(const shm::StreamInfo& info);

/// "records", "records of text/plain"
[[nodiscard]] std::string records_text(const shm::StreamInfo& info);

/// "keeper (process 12, shm-record)"
[[nodiscard]] std::string reader_text(const shm::ReaderInfo& reader);

/// "lab", or "1000" where the number has no name
[[nodiscard]] std::string user_name(::uid_t user);
[[nodiscard]] std::string group_name(::gid_t group);
/// "lab (1000), group audio (29), mode 0640"
[[nodiscard]] std::string owner_text(const shm::StreamInfo& info);

[[nodiscard]] Json owner_json(const shm::StreamInfo& info);
/// null for a stream of items.
[[nodiscard]] Json records_json(const shm::StreamInfo& info);
[[nodiscard]] Json writer_json(const shm::StreamInfo& info);
[[nodiscard]] Json field_json(const shm::FormatField& field);
[[nodiscard]] Json reader_json(const shm::ReaderInfo& reader, shm::Index inserted);
/// The metadata: parsed if they are JSON, else as a text, null if the stream has no metadata.
[[nodiscard]] Json metadata_json(const std::string& metadata);

/// How far a reader is behind.
[[nodiscard]] std::uint64_t lag(const shm::ReaderInfo& reader, shm::Index inserted) noexcept;

}  // namespace shm::programs
