/* Records: entries in the ring of the items, and their bytes in a ring of their own. Before bytes are overwritten,
   the items of these bytes are given up, so that one check, of the item, serves both. A writer may die at every
   store; the next writer continues.

   A unit of bytes is one word, and a record one or two units. An entry is one word, too, and is not in the counter
   line: ring.pml has the rest. */
#define INSERTED 0       /* of the items */
#define RESERVED 1       /* of the items */
#define BYTES_INSERTED 2
#define BYTES_RESERVED 3
#define ENTRIES 4
#define BYTES (ENTRIES + CAPACITY)
#define PLACES (BYTES + BYTES_CAPACITY)
#define STANDING NOWHERE /* not in this model */
#define ENTRY_OF(index) (ENTRIES + (index) % CAPACITY)
#define UNIT_OF(position) (BYTES + (position) % BYTES_CAPACITY)

#define OWN_EARLY_LOADS
#define L_INSERTED 1
#define L_RESERVED 2
#define L_BYTES_INSERTED 4
#define L_ENTRY 8
#define L_UNITS 16
inline perform_one_early(later) {
  if
  :: (later) & L_INSERTED -> early_at = INSERTED
  :: (later) & L_RESERVED -> early_at = RESERVED
  :: (later) & L_BYTES_INSERTED -> early_at = BYTES_INSERTED
  :: (later) & L_ENTRY ->
    early_at = ENTRIES;
    do
    :: early_at + 1 < BYTES -> early_at++
    :: break
    od
  :: (later) & L_UNITS ->
    early_at = BYTES;
    do
    :: early_at + 1 < PLACES -> early_at++
    :: break
    od
  fi;
  early_value = memory[early_at]
}

#include "mutations.pml"
#include "memory.pml"

#define MOST_UNITS 2
#define ATTEMPTS 4
#define VALUE(index, attempt) (1 + (index) * ATTEMPTS + (attempt))
#define ENTRY(begin, units) (1 + (begin) * 4 + (units))
#define BEGIN_OF(entry) (((entry) - 1) / 4)
#define UNITS_OF(entry) (((entry) - 1) % 4)
#define TO_OLDEST(count, capacity) ((count) > (capacity) -> (count) - (capacity) : 0)
#define GREATER(a, b) ((a) > (b) -> (a) : (b))

/* The state of the checks. */
byte attempts[ITEMS];  /* how often the record was begun */
byte truth[ITEMS];     /* the value of each of its units */
byte entries[ITEMS];   /* and its entry */
byte issued;           /* records published, in the order of the writer's program */

/* --- the writer --- */

inline raise_tail() {
  from = TO_OLDEST(reserved, CAPACITY);
  from = (from > issued -> issued : from);
  tail = GREATER(tail, from)
}

/* RecordRing::first_surviving, begin_of: the writer's own entries, which it loaded or stored. */
/*@ record_ring.hpp begin_of: load_unit<std::uint64_t>(items_.at(index) + offsetof(RecordEntry, begin)) */
inline first_surviving(position) {
  raise_tail();
  from = TO_OLDEST(position, BYTES_CAPACITY);
  do
  :: tail < issued && BEGIN_OF(entries[tail]) < from -> tail++
  :: else -> break
  od;
  from = 0
}

/*@ ring_writer.hpp release_below: counters_->reserved.store(reserved_, std::memory_order_relaxed) */
inline release_below() {
  if
  :: tail + CAPACITY > reserved && !without_release_of_records -> reserved = tail + CAPACITY; STORE(RESERVED, reserved)
  :: else
  fi
}

/*@ record_ring.hpp claim: items.release_below(tail_) */
/*@ record_ring.hpp claim: bytes_.claim(claim) */
inline claim(units) {
  if
  :: upto + units <= bytes_reserved
  :: else ->
    bytes_reserved = upto + units + BYTES_AHEAD;
    first_surviving(bytes_reserved);
    if
    :: without_release_before_bytes
    :: else -> release_below()
    fi;
    STORE(BYTES_RESERVED, bytes_reserved);
    if
    :: without_fence_after_release_of_records
    :: else -> release_fence()
    fi
  fi
}

/*@ record_ring.hpp store_record: store_items(shared, from, whole, record_unit) */
/*@ record_ring.hpp store_record: store_unit<std::uint64_t>(shared + whole, last) */
inline store_record(units) {
  attempts[issued]++;
  assert(attempts[issued] < ATTEMPTS);
  k = 0;
  do
  :: k < units -> STORE(UNIT_OF(upto + k), VALUE(issued, attempts[issued])); k++
  :: else -> break
  od;
  k = 0
}

inline append_entry(units) {
  if
  :: issued + 1 <= reserved
  :: else -> reserved = issued + 1 + AHEAD; STORE(RESERVED, reserved); release_fence()
  fi;
  STORE(ENTRY_OF(issued), ENTRY(upto, units));
  entries[issued] = ENTRY(upto, units);
  truth[issued] = VALUE(issued, attempts[issued]);
  issued++;
  if
  :: without_release_of_entries -> STORE(INSERTED, issued)
  :: else -> STORE_RELEASE(INSERTED, issued)
  fi
}

/* Relaxed: the release of the entry's count orders it, and for items that were given up the fence in claim. */
/*@ record_ring.hpp publish: bytes_.publish(taken) */
inline publish_bytes(units) {
  STORE(BYTES_INSERTED, (upto + units))
}

/* A record whose claim is larger than the published part, or as large. */
/*@ record_ring.hpp publish: items.append_one<sizeof entry>(reinterpret_cast<const std::byte*>(&entry)) */
inline append(claimed, units) {
  claim(claimed);
  store_record(claimed);
  if
  :: without_release_before_bytes -> release_below()
  :: else
  fi;
  if
  :: without_bytes_before_entry -> append_entry(units); publish_bytes(units)
  :: else -> publish_bytes(units); append_entry(units)
  fi;
  upto = upto + units
}

/* RecordRing::RecordRing, after a writer that died. */
/*@ record_ring.hpp RecordRing: tail_(items.readable().begin) */
inline go_on() {
  d_step {
    assert(DRAINED);
    reserved = GREATER(memory[RESERVED], memory[INSERTED]);
    issued = memory[INSERTED];
    upto = memory[BYTES_INSERTED];
    bytes_reserved = GREATER(memory[BYTES_RESERVED], upto);
    tail = 0;
    raise_tail();
    from = 0
  }
}

proctype writer() {
  byte reserved, bytes_reserved, tail, from, upto, k;
alive:
  go_on();
  do
  :: atomic { issued < ITEMS && ROOM(9) -> append(1, 1) }
  :: atomic { issued < ITEMS && ROOM(9) -> append(2, 1) }
  :: atomic { issued < ITEMS && ROOM(9) -> append(2, 2) }
  :: issued == ITEMS -> goto over
  od;
died:
  atomic {
    DRAINED -> reserved = 0; bytes_reserved = 0; tail = 0; from = 0; upto = 0; k = 0;
    if
    :: goto alive
    :: true
    fi
  };
over:
  skip;
  d_step { reserved = 0; bytes_reserved = 0; tail = 0; from = 0; upto = 0; k = 0 }
}

/* --- a reader: any record, by its entry --- */

/* RingReader::intact, of the item alone. */
#define ITEM_INTACT(yes) \
  FENCE_LOAD(without_acquire_fence_after_record, RESERVED, a, L_INSERTED); \
  atomic { yes = (TO_OLDEST(a, CAPACITY) <= i || without_recheck_of_item); a = 0 }

/*@ record_reader.cpp find: items_.copy_one<sizeof entry>(index, reinterpret_cast<std::byte*>(&entry)) */
/*@ record_reader.cpp follow: ring::leads_to_bytes(entry, records_.bytes) */
/*@ record_reader.cpp follow: if (items_.intact(index)) throw_damaged(index) */
/*@ record_ring.hpp leads_to_bytes: bytes.inserted() */
/*@ record_ring.hpp load_record: load_items(to, shared, whole, record_unit) */
/*@ record_ring.hpp load_record: load_unit<std::uint64_t>(shared + whole) */
#define OVER_UNITS (without_acquire_fence_after_record -> L_RESERVED : 0)
proctype reader() {
  byte n, i, a, entry, word, m;
  bool ok;
  byte early_at = NOWHERE, early_value, early_inserted, early_standing;
  do
  :: LOAD_ACQUIRE(INSERTED, n, without_acquire_of_entries, (L_ENTRY | L_UNITS | L_BYTES_INSERTED));
     if
     :: n == 0
     :: atomic {
         n > 0 -> i = n - 1;
         do
         :: i > 0 -> i--
         :: break
         od;
         n = 0
       };
       LOAD(ENTRY_OF(i), entry, 0);
       FENCE_LOAD(false, RESERVED, a, (L_BYTES_INSERTED | L_UNITS));
       atomic { ok = (TO_OLDEST(a, CAPACITY) <= i); a = 0 };
       if
       :: !ok
       :: ok ->
         assert(entry == entries[i]);
         LOAD(BYTES_INSERTED, m, (L_UNITS | OVER_UNITS));
         if
         :: BEGIN_OF(entry) + UNITS_OF(entry) > m || m - BEGIN_OF(entry) > BYTES_CAPACITY ->
           FENCE_LOAD(false, RESERVED, a, L_INSERTED);
           assert(TO_OLDEST(a, CAPACITY) > i) /* a readable record does not look damaged */
         :: else ->
           LOAD(UNIT_OF(BEGIN_OF(entry)), word, OVER_UNITS);
           m = word;
           if
           :: UNITS_OF(entry) > 1 -> LOAD(UNIT_OF(BEGIN_OF(entry) + 1), m, OVER_UNITS)
           :: else
           fi;
           ITEM_INTACT(ok);
           assert(!ok || (word == truth[i] && m == truth[i])) /* its own bytes, whole */
         fi
       fi
     fi;
     d_step { n = 0; i = 0; a = 0; entry = 0; word = 0; m = 0; ok = false; forget_early() }
  od
}

init {
  atomic {
    c_code {
      now.without = getenv("MODEL_WITHOUT") ? (unsigned char) atoi(getenv("MODEL_WITHOUT")) : 0;
      now.weak = getenv("MODEL_MACHINE") != 0 && strcmp(getenv("MODEL_MACHINE"), "weak") == 0;
    };
    run store_buffer();
    run writer();
    run reader()
  }
}
