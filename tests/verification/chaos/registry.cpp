// SPDX-License-Identifier: Apache-2.0

// All roles. A new role is a line here, and a class of its own.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>

#include "append_roles.hpp"
#include "cursor_roles.hpp"
#include "key_append_roles.hpp"
#include "key_reader_roles.hpp"
#include "lossless_roles.hpp"
#include "random_access_roles.hpp"
#include "record_roles.hpp"
#include "role.hpp"
#include "source_roles.hpp"
#include "tool_roles.hpp"

namespace shm::chaos {
namespace {

template <class Role>
void writes(Worker& worker) {
  Role role;
  run_writer(worker, role);
}
template <class Role>
void reads(Worker& worker) {
  Role role;
  run_reader(worker, role);
}
template <class Role>
void does(Worker& worker) {
  Role role;
  role.run(worker);
}

bool any(const StreamKind&) { return true; }
bool stamped(const StreamKind& kind) { return kind.keys == Keys::stamped; }
bool keys_in_items(const StreamKind& kind) { return kind.keys == Keys::in_items; }
bool with_keys(const StreamKind& kind) { return kind.keys != Keys::none; }
bool lossless(const StreamKind& kind) { return kind.lossless; }
bool records(const StreamKind& kind) { return kind.records; }
bool with_source(const StreamKind& kind) { return kind.has_source; }
bool to_be_removed(const StreamKind& kind) { return kind.is_removed; }
/// Open to others, where this process can become one of them: as root, unless of a user namespace of its own.
bool shared(const StreamKind& kind) {
  static const bool can_be_another = [] {
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t many = 0;
    std::ifstream("/proc/self/uid_map") >> inside >> outside >> many;
    return ::geteuid() == 0 && inside == 0 && many > 65534;
  }();
  return kind.mode != 0600 && can_be_another;
}

constexpr std::array roles{
    // Writers: a stream names its own (stream_kind.cpp).
    RoleEntry{"append-one", Post::writer, 1, any, writes<AppendOne>},
    RoleEntry{"batches", Post::writer, 1, any, writes<Batches>},
    RoleEntry{"claims", Post::writer, 1, any, writes<Claims>},
    RoleEntry{"mixed", Post::writer, 1, any, writes<Mixed>},
    RoleEntry{"source-daemon", Post::writer, 1, with_source, does<SourceDaemon>},
    RoleEntry{"source-object", Post::writer, 1, with_source, does<SourceObject>},
    RoleEntry{"stamped", Post::writer, 1, stamped, writes<StampedAppends>},
    RoleEntry{"keys-in-items", Post::writer, 1, keys_in_items, writes<KeysInItems>},
    RoleEntry{"lossless-appends", Post::writer, 1, lossless, writes<LosslessAppends>},
    RoleEntry{"records", Post::writer, 1, records, does<RecordWriting>},
    RoleEntry{"next", Post::reader, 4, any, reads<NextReader>},
    RoleEntry{"polling", Post::reader, 1, any, reads<PollingReader>},
    RoleEntry{"bulk", Post::reader, 2, any, reads<BulkReader>},
    RoleEntry{"looking", Post::reader, 1, any, reads<LookingReader>},
    RoleEntry{"forking", Post::reader, 1, any, reads<ForkingReader>},
    RoleEntry{"wait-set", Post::reader, 2, any, reads<WaitSetReader>},
    RoleEntry{"entering", Post::reader, 6, with_source, reads<EnteringReader>},
    RoleEntry{"unlisted", Post::reader, 2, shared, reads<UnlistedReader>},
    RoleEntry{"slicing", Post::reader, 2, any, reads<SlicingReader>},
    RoleEntry{"viewing", Post::reader, 1, any, reads<ViewingReader>},
    RoleEntry{"newest", Post::reader, 1, any, reads<NewestReader>},
    RoleEntry{"far", Post::reader, 3, any, reads<FarReader>},
    RoleEntry{"interrupted", Post::reader, 1, any, reads<InterruptedReader>},
    RoleEntry{"ledger", Post::reader, 16, stamped, reads<LedgerReader>},
    RoleEntry{"key-in-item", Post::reader, 16, keys_in_items, reads<KeyInItemReader>},
    RoleEntry{"merging", Post::reader, 8, with_keys, reads<MergingReader>},
    RoleEntry{"lossless", Post::reader, 24, lossless, reads<LosslessReader>},
    RoleEntry{"record-reading", Post::reader, 16, records, does<RecordReading>},
    RoleEntry{"lister", Post::tool, 2, any, does<Lister>},
    RoleEntry{"collector", Post::tool, 2, any, does<Collector>},
    RoleEntry{"remover", Post::tool, 1, to_be_removed, does<Remover>},
    RoleEntry{"evictor", Post::tool, 1, lossless, does<Evictor>},
    RoleEntry{"auditor", Post::on_order, 1, any, does<Auditor>},
    RoleEntry{"sweeper", Post::on_order, 1, any, does<Sweeper>},
};

}  // namespace

std::span<const RoleEntry> all_roles() { return roles; }

const RoleEntry& role_named(std::string_view name) {
  const auto found =
      std::find_if(roles.begin(), roles.end(), [&](const RoleEntry& role) { return role.name == name; });
  if (found == roles.end()) throw std::out_of_range("there is no role '" + std::string(name) + "'");
  return *found;
}

}  // namespace shm::chaos
