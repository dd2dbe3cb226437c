/* A ring whose indices have a meaning, and skip: RingWriter::skip_to. After a skip, readers take no item from before
   it, and the items after it are right. Items have one word. The counter line has no newest item, since no reader
   uses it. */
#define INSERTED 0
#define RESERVED 1
#define RING 2
#define PLACES (RING + CAPACITY)
#define STANDING NOWHERE /* not in this model */
#define SLOT_OF(index) (RING + (index) % CAPACITY)

#define OWN_EARLY_LOADS
#define L_INSERTED 1
#define L_RESERVED 2
#define L_RING 4
inline perform_one_early(later) {
  if
  :: (later) & L_INSERTED -> early_at = INSERTED
  :: (later) & L_RESERVED -> early_at = RESERVED
  :: (later) & L_RING ->
    early_at = RING;
    do
    :: early_at + 1 < PLACES -> early_at++
    :: break
    od
  fi;
  early_value = memory[early_at]
}

#include "mutations.pml"
#include "memory.pml"

#define ATTEMPTS 4
#define VALUE(index, attempt) (1 + (index) * ATTEMPTS + (attempt))

/* The state of the checks. */
byte attempts[ITEMS]; /* how often the slot's item was begun */
byte truth[ITEMS];    /* the published value; 0: skipped */
byte issued;          /* the next index, in the order of the writer's program */

inline reserve(end) {
  if
  :: (end) <= reserved
  :: else ->
    reserved = (end) + AHEAD;
    STORE(RESERVED, reserved);
    release_fence()
  fi
}

/*@ key_writer.cpp put_bucket: buckets_->claim(step) */
/*@ key_writer.cpp put_bucket: ring::store_unit<std::uint64_t>(slots + i * 8, place) */
/*@ key_writer.cpp put_bucket: buckets_->publish(step) */
inline append() {
  reserve((issued + 1));
  attempts[issued]++;
  assert(attempts[issued] < ATTEMPTS);
  STORE(SLOT_OF(issued), VALUE(issued, attempts[issued]));
  truth[issued] = VALUE(issued, attempts[issued]);
  issued++;
  STORE_RELEASE(INSERTED, issued)
}

/*@ key_writer.cpp put_bucket: buckets_->skip_to(next = end - bucket_slots_) */
/*@ ring_writer.hpp skip_to: counters_->line.inserted.store(index, std::memory_order_release) */
inline skip_to(index) {
  if
  :: without_reservation_before_skip -> issued = index; STORE_RELEASE(INSERTED, issued); reserve((issued + CAPACITY))
  :: without_whole_turn_in_skip -> reserve(index); issued = index; STORE_RELEASE(INSERTED, issued)
  :: else -> reserve((index + CAPACITY)); issued = index; STORE_RELEASE(INSERTED, issued)
  fi
}

/* RingWriter::RingWriter, behind a writer that died. */
inline go_on() {
  d_step {
    assert(DRAINED);
    reserved = memory[RESERVED];
    issued = memory[INSERTED];
    if
    :: reserved < issued -> reserved = issued
    :: else
    fi
  }
}

proctype writer() {
  byte reserved, to;
alive:
  go_on();
  do
  :: atomic { issued < ITEMS && ROOM(4) -> append() }
  :: atomic {
      issued + 1 < ITEMS && ROOM(3) -> to = issued + 1;
      do
      :: to + 1 < ITEMS -> to++
      :: break
      od;
      skip_to(to);
      to = 0
    }
  :: issued + 1 >= ITEMS -> goto over
  od;
died:
  atomic {
    DRAINED -> reserved = 0; to = 0;
    if
    :: goto alive
    :: true
    fi
  };
over:
  skip;
  d_step { reserved = 0; to = 0 }
}

/* Looks up any index below the count, as bucket_of does. */
/*@ bucket_lookup.hpp bucket_of: buckets.inserted() */
/*@ bucket_lookup.hpp bucket_of: ring::load_unit<std::uint64_t>(buckets.at( */
/*@ bucket_lookup.hpp bucket_of: buckets.intact(bucket) */
proctype reader() {
  byte n, i, a, word;
  byte early_at = NOWHERE, early_value, early_inserted, early_standing;
  do
  :: LOAD_ACQUIRE(INSERTED, n, false, (L_RING | L_RESERVED));
     if
     :: n == 0
     :: atomic {
         n > 0 -> i = n - 1;
         do
         :: i > 0 -> i--
         :: break
         od
       };
       LOAD(SLOT_OF(i), word, 0);
       FENCE_LOAD(false, RESERVED, a, L_INSERTED);
       if
       :: a > CAPACITY + i /* overwritten, or skipped */
       :: else -> assert(word == truth[i] && truth[i] != 0)
       fi
     fi;
     d_step { n = 0; i = 0; a = 0; word = 0 }
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
