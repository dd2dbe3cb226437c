/* Lossless readers and the writer that they hold back, as in libshm/include/shm/ring/backpressure.hpp and the code
   that calls it: registration, acknowledgement, the grant with its two looks, the release of dead readers by the
   writer, eviction by the owner, takeover. With SLEEP a writer that is held back sleeps, and only a wake ends the
   sleep; but the writer notices the death of a reader by itself.

   Items have one word, and are not in the counter line: ring.pml has the other results of reading them. */
#define INSERTED 0
#define RESERVED 1
#define RELEASED 2
#define ROOM_AT 3
#define ROOM_COUNT 4
#define BITS 5                                /* lossless_slots */
#define LOSSLESS(slot) (6 + (slot))           /* its word */
#define ACKNOWLEDGED(slot) (6 + SLOTS + (slot))
#define RING (6 + 2 * SLOTS)
#define PLACES (RING + CAPACITY)
#define SLOT_OF(index) (RING + (index) % CAPACITY)
#define STANDING NOWHERE /* not in this model */

#define OWN_EARLY_LOADS
inline perform_one_early(later) { skip }

#include "mutations.pml"
#include "memory.pml"

#define NO_READER 255 /* the least of no readers */
#define VALUE(index) (1 + (index))
#define IS_ODD(word) ((word) % 2 == 1)
#define HAS_BIT(slot) ((memory[BITS] >> (slot)) % 2 == 1)
#define COUNTS(slot) (HAS_BIT(slot) && IS_ODD(memory[LOSSLESS(slot)]))
#define LESSER(a, b) ((a) < (b) -> (a) : (b))
#define TO_OLDEST(count) (count > CAPACITY -> count - CAPACITY : 0)

/* --- the plain stores of readers, and the places where they wait ---

   A reader stores to three places: one store to each may be late. On x86 they leave in the order in which they were
   made, that is `acknowledged` first; on the weak machine in any, but that the word is released. The release of the
   bit is not needed, since a full fence follows, and the model does without. */
byte late_acknowledged[SLOTS]; /* plus one; 0: no store */
byte late_word[SLOTS];         /* 0: no store */
bool late_room[SLOTS];         /* the store that no writer waits for room */

#define SLOT_DRAINED(slot) (late_acknowledged[slot] == 0 && late_word[slot] == 0 && !late_room[slot])
#define IN_TURN(slot, not_needed) (late_acknowledged[slot] == 0 || (weak && (not_needed)))

proctype readers_store_buffer(byte s) {
end:
  do
  :: d_step {
      late_acknowledged[s] > 0 ->
      memory[ACKNOWLEDGED(s)] = late_acknowledged[s] - 1;
      late_acknowledged[s] = 0
    }
  :: d_step {
      late_word[s] > 0 && IN_TURN(s, without_release_of_word) -> memory[LOSSLESS(s)] = late_word[s];
      late_word[s] = 0
    }
  :: d_step {
      late_room[s] && IN_TURN(s, true) -> memory[ROOM_AT] = WAKE_NOBODY;
      late_room[s] = false
    }
  od
}

/* --- the state of the checks and of the kernel --- */
byte issued;                 /* items published, in the order of the writer's program */
bool locked[SLOTS];          /* the lock of a slot is held; the kernel releases it when the reader dies */
byte evicted_number[SLOTS];  /* number of the last reader that was evicted from it */
bool somebody_died;          /* a reader; the writer has not noticed yet */
bool nobody_comes;           /* the writer died, and no other will take over */
bool asleep;                 /* the writer */

#define OVER (memory[INSERTED] == ITEMS || (nobody_comes && DRAINED))

/* A reader may die at each step that other processes can see. */
#if READER_DEATHS
byte reader_deaths = READER_DEATHS;
#define MAY_DIE_HERE() \
  if \
  :: reader_deaths > 0 -> reader_deaths--; goto died \
  :: true \
  fi
#else
#define MAY_DIE_HERE() skip
#endif

/* --- waking the writer --- */

/*@ control_file.cpp wake_writer: ring::withdraw_requests(header().room_at, header().room_count) */
/*@ control_file.cpp wake_writer: os::futex_wake_all(header().room_count) */
#if SLEEP
inline wake_writer(s) {
  atomic { late_room[s] = true; MAY_DIE_HERE() };
  atomic { SLOT_DRAINED(s) -> memory[ROOM_COUNT]++; MAY_DIE_HERE() };
  atomic { asleep = false; MAY_DIE_HERE() }
}
#else
inline wake_writer(s) { skip }
#endif

/* The reader whose word is `seen` stops to count, if the slot still has that word. A relaxed change; once the word is
   odd, only such changes change it. */
/*@ backpressure.hpp release_reader: word.compare_exchange_strong(seen, seen + 1, std::memory_order_relaxed) */
inline release_reader(slot, seen, done) {
  if
  :: memory[LOSSLESS(slot)] == seen || without_compare_in_release -> memory[LOSSLESS(slot)] = seen + 1; done = true
  :: else
  fi
}

/* --- the writer --- */

/* Backpressure::least_acknowledged, release_dead: one reader after the other. */
/*@ backpressure.hpp each_lossless: control.lossless_slots[group].load(std::memory_order_acquire) */
/*@ backpressure.hpp each_lossless: slots[slot].lossless.load(std::memory_order_acquire) */
/*@ backpressure.hpp each_lossless: slots[slot].acknowledged.load(std::memory_order_acquire) */
inline look_at_readers(least) {
  least = NO_READER;
  do
  :: atomic { i == SLOTS -> i = 0; break }
  /* A bit that is set stays, so that it and the word may as well be seen at once. */
  :: atomic { i < SLOTS && !COUNTS(i) -> i++ }
  :: i < SLOTS && COUNTS(i) -> atomic { least = LESSER(least, memory[ACKNOWLEDGED(i)]); i++ }
  :: atomic { i < SLOTS && weak && without_acquire_of_word -> word = memory[ACKNOWLEDGED(i)] };
    atomic {
      least = (COUNTS(i) -> LESSER(least, word) : least);
      word = 0;
      i++
    }
  od
}

inline second_look() {
/*@ backpressure.hpp allows: full_fence() */
  if
  :: without_full_fence_of_grant
  :: else -> DRAINED
  fi;
  look_at_readers(sure);
  atomic { sure = LESSER(sure, grant) }
}

/*@ backpressure.hpp allows: live_->released.store(grant, std::memory_order_relaxed) */
/*@ backpressure.hpp allows: live_->released.store(granted_, std::memory_order_relaxed) */
inline allows() {
  look_at_readers(grant);
  atomic {
    grant = LESSER(grant, below + STEP);
    grant = (without_grant_of_inserted_only -> grant : LESSER(grant, issued))
  };
  if
  :: grant < below -> grant = 0
  :: else ->
    if
    :: without_released_before_second_look -> sure = grant; second_look(); atomic { ROOM(1); STORE(RELEASED, grant) }
    :: else ->
      atomic { ROOM(1); STORE(RELEASED, grant) };
      if
      :: without_second_look -> sure = grant
      :: else -> second_look()
      fi
    fi;
    atomic {
      if
      :: sure >= below -> granted = sure
      :: else
      fi;
      if
      :: sure != grant -> ROOM(1); STORE(RELEASED, granted)
      :: else
      fi;
      grant = 0;
      sure = 0
    }
  fi
}

#define HOLDS_BACK(slot) (COUNTS(slot) && memory[ACKNOWLEDGED(slot)] < below)

/* BackpressureGate::release_dead. */
/*@ backpressure_gate.cpp release_dead: if (control.file().is_locked(storage::ControlFile::slot_offset(reader.slot))) return */
/*@ backpressure_gate.cpp release_dead: ring::release_reader(control.slot(reader.slot).lossless, reader.word) */
inline release_dead() {
  do
  :: atomic { i == SLOTS -> i = 0; break }
  :: atomic { i < SLOTS && !HOLDS_BACK(i) -> i++ }
  :: atomic { i < SLOTS && HOLDS_BACK(i) -> word = memory[LOSSLESS(i)] };
    if
    :: atomic { locked[i] && !without_look_at_lock -> i++ }
    :: atomic { (!locked[i] || without_look_at_lock) && without_release_of_dead -> i++ }
    :: atomic { (!locked[i] || without_look_at_lock) && !without_release_of_dead && (weak || DRAINED) -> skip };
      atomic { release_reader(i, word, ok); ok = false; i++ }
    fi;
    word = 0
  od
}

#define SHOWS_DEAD(slot) (HOLDS_BACK(slot) && (!locked[slot] || without_look_at_lock) && !without_release_of_dead)
#if SLOTS > 1
#define DEAD_ONE_SHOWS (SHOWS_DEAD(0) || SHOWS_DEAD(1))
#define MAY_GO_ON ((!HOLDS_BACK(0) && !HOLDS_BACK(1)) || DEAD_ONE_SHOWS)
#define READERS_DRAINED (SLOT_DRAINED(0) && SLOT_DRAINED(1))
#else
#define DEAD_ONE_SHOWS SHOWS_DEAD(0)
#define MAY_GO_ON (!HOLDS_BACK(0) || DEAD_ONE_SHOWS)
#define READERS_DRAINED SLOT_DRAINED(0)
#endif

/* BackpressureGate::wait. */
#if SLEEP
/*@ backpressure_gate.cpp wait: ring::load_wake_word(control.room_count) */
#define LISTEN_FOR_ROOM() atomic { seen_wakes = memory[ROOM_COUNT] }

/*@ backpressure_gate.cpp wait: ring::ask_for_wake(control.room_at, below - 1) */
/*@ backpressure_gate.cpp wait: ring::full_fence() */
/*@ backpressure_gate.cpp wait: os::barrier() */
inline ask_for_room() {
  atomic {
    (weak || DRAINED) ->
    if
    :: below - 1 < memory[ROOM_AT] -> memory[ROOM_AT] = below - 1
    :: else
    fi;
    DIE_HERE()
  };
  /* A membarrier: one moment at which the store buffers of all readers that registered for it are empty. It is a
     full fence of our own too; the one before it is for readers that cannot be reached. */
  if
  :: without_barrier_of_waiting_writer
  :: else -> DRAINED && (FENCES == 1 || READERS_DRAINED)
  fi
}

inline look_after_asking_for_room() {
  if
  :: without_look_after_asking_for_room
  :: else -> allows()
  fi
}

/*@ backpressure_gate.cpp wait: backpressure_.allows(below, inserted) */
/*@ backpressure_gate.cpp wait: os::futex_wait(control.room_count, seen_wakes, until, options_.interrupt) */
/*@ backpressure_gate.cpp wait: release_dead(below) */
inline wait_for_room() {
  do
  :: below <= granted -> break
  :: else ->
    if
    :: without_listening_for_room_before_asking -> ask_for_room(); look_after_asking_for_room(); LISTEN_FOR_ROOM()
    /* Without the writer's own full fence, and without a membarrier, the look comes before the request. */
    :: without_full_fence_of_waiting_writer && weak && FENCES == 1 -> LISTEN_FOR_ROOM(); allows(); ask_for_room()
    :: else -> LISTEN_FOR_ROOM(); ask_for_room(); look_after_asking_for_room()
    fi;
    if
    :: below <= granted -> break
    :: else
    fi;
    d_step { asleep = (memory[ROOM_COUNT] == seen_wakes); seen_wakes = 0 };
    if
    :: !asleep
    /* Every sleep is bounded, so that the writer notices a dead reader; the bound hides nothing else here. */
    :: d_step { somebody_died || DEAD_ONE_SHOWS -> somebody_died = false; asleep = false }
#if WRITER_DEATHS
    :: atomic { asleep && writer_deaths > 0 -> writer_deaths--; goto died }
#endif
    fi;
    release_dead()
  od;
  seen_wakes = 0
}
#else
/* Spins: there is nothing to see until something changes. */
inline wait_for_room() {
  do
  :: below <= granted -> break
  :: else -> MAY_GO_ON; release_dead(); allows()
  od
}
#endif

/*@ backpressure_gate.cpp admit: backpressure_.allows(below, inserted) */
inline admit() {
  if
  :: below <= granted
  :: else ->
    allows();
    wait_for_room()
  fi
}

/* Of an append, only the order of the stores counts here. */
inline append() {
  atomic {
    ROOM(4);
    if
    :: issued + 1 > reserved -> reserved = issued + 1 + AHEAD; STORE(RESERVED, reserved); release_fence()
    :: else
    fi;
    STORE(SLOT_OF(issued), VALUE(issued));
    issued++;
    STORE_RELEASE(INSERTED, issued)
  }
}

/* RingWriter and BackpressureGate, after a writer that died. */
/*@ appender.cpp Appender: state_->gate.emplace(stream, *options.lossless, ring_.released()) */
inline go_on() {
  d_step {
    assert(DRAINED);
    reserved = memory[RESERVED];
    issued = memory[INSERTED];
    if
    :: reserved < issued -> reserved = issued
    :: else
    fi;
    granted = (without_grant_of_own -> memory[RELEASED] : TO_OLDEST(reserved))
  }
}

proctype writer() {
  byte reserved, granted, below, grant, sure, i, word, seen_wakes;
  bool ok;
alive:
  go_on();
  do
  :: issued < ITEMS ->
/*@ ring_writer.hpp released_by: inserted() + count + ahead_ */
    below = TO_OLDEST((issued + 1 + AHEAD));
    admit();
    below = 0;
    append()
  :: issued == ITEMS -> goto over
  od;
died:
  atomic {
    DRAINED -> reserved = 0; granted = 0; below = 0; grant = 0; sure = 0; i = 0; word = 0; seen_wakes = 0;
    asleep = false;
    if
    :: goto alive
    :: nobody_comes = true
    fi
  };
over:
  skip;
  d_step { reserved = 0; granted = 0 }
}

/* --- a reader --- */

/*@ lossless_claim.hpp release_below: room_requests_.is_pending(index) */
/*@ lossless_claim.cpp LosslessClaim: if (place.begin > begin && room_requests_.is_pending(place.begin)) */
/*@ lossless_claim.cpp wake_writer: registration_->control()->wake_writer() */
inline wake_writer_if_asked(index, missing) {
#if SLEEP
  if
  :: missing
  :: else ->
    if
    :: FENCES && !without_full_fence_after_acknowledged -> SLOT_DRAINED(s)
    :: else
    fi;
    if
    :: index > memory[ROOM_AT] -> wake_writer(s)
    :: else
    fi
  fi
#else
  skip
#endif
}

/*@ backpressure.hpp acknowledge: slot.acknowledged.store(index, std::memory_order_release) */
inline store_acknowledged(index) {
  atomic { late_acknowledged[s] == 0 -> late_acknowledged[s] = index + 1; MAY_DIE_HERE() }
}
inline acknowledge(index) {
  store_acknowledged(index);
  wake_writer_if_asked(index, without_wake_by_acknowledgement)
}

/* ReaderRegistration::list: takes a slot whose lock is free, with the state that a dead reader may have left. */
/*@ reader_registration.cpp release_claim: control.release(i, word) */
inline list_reader() {
  atomic {
#if SLOTS > 1
    s = (locked[0] -> 1 : 0);
#endif
    !locked[s] -> locked[s] = true;
    word = (without_release_at_retaking -> 0 : memory[LOSSLESS(s)])
  };
  if
  :: IS_ODD(word) -> stop_to_count(word)
  :: else
  fi;
  word = 0
}

/*@ control_file.cpp release: ring::release_reader(slot(i).lossless, word) */
/*@ control_file.cpp release: wake_writer() */
inline stop_to_count(number) {
  atomic { (weak || SLOT_DRAINED(s)) -> ok = false; release_reader(s, number, ok); MAY_DIE_HERE() };
  if
  :: ok && !without_wake_by_release -> wake_writer(s)
  :: else
  fi;
  ok = false
}

/* ring::register_lossless, to begin at `begin`. */
/*@ backpressure.hpp register_lossless: slot.lossless.load(std::memory_order_relaxed) */
/*@ backpressure.hpp register_lossless: slot.acknowledged.store(begin, std::memory_order_relaxed) */
/*@ backpressure.hpp register_lossless: slot.lossless.store(word, std::memory_order_release) */
/*@ backpressure.hpp register_lossless: control.lossless_slots[number / 64].fetch_or(std::uint64_t{1} << (number % 64), std::memory_order_release) */
/*@ backpressure.hpp register_lossless: full_fence() */
/*@ backpressure.hpp register_lossless: live.released.load(std::memory_order_relaxed) */
/*@ backpressure.hpp register_lossless: slot.acknowledged.store(released, std::memory_order_release) */
inline register_lossless() {
  atomic { number = memory[LOSSLESS(s)] + 1; late_acknowledged[s] = begin + 1; MAY_DIE_HERE() };
  atomic { late_word[s] = number; MAY_DIE_HERE() };
  atomic {
    (weak || SLOT_DRAINED(s)) ->
    if
    :: HAS_BIT(s)
    :: else -> memory[BITS] = memory[BITS] + (1 << s)
    fi;
    MAY_DIE_HERE()
  };
  if
  :: without_full_fence_of_registration
  :: else -> SLOT_DRAINED(s)
  fi;
  if
  :: atomic { memory[RELEASED] <= begin || without_look_at_released -> a = 0 }
  :: atomic { memory[RELEASED] > begin && !without_look_at_released -> a = memory[RELEASED] };
    begin = a;
    a = 0;
    store_acknowledged(begin);
    wake_writer_if_asked(begin, without_wake_by_registration)
  fi
}

/*@ lossless_claim.cpp LosslessClaim: live.released.load(std::memory_order_relaxed) */
/*@ lossless_claim.cpp LosslessClaim: std::max(cursor, live.released.load(std::memory_order_relaxed)) */
inline enter() {
  /* RawReader::seek: to the oldest or the next item. The counts are of one moment: they may be old when used. */
  atomic {
    if
    :: from_oldest = true; cursor = TO_OLDEST(memory[RESERVED])
    :: FROM_NEXT -> cursor = memory[INSERTED]
    fi;
    cursor = LESSER(cursor, memory[INSERTED]);
    begin = memory[RELEASED];
    begin = (begin > cursor -> begin : cursor)
  };
  register_lossless();
  atomic {
    cursor = (from_oldest -> begin : cursor);
    from_oldest = false;
    assert(begin <= issued) /* it begins with a published item, or the next */
  }
}

/* A release store keeps the loads before it in front; without it, or if the store comes first, they may come late. */
#define ACKNOWLEDGED_EARLY (without_acknowledgement_after_copy || (weak && without_release_of_acknowledged))

inline read_item() {
  if
  :: ACKNOWLEDGED_EARLY -> acknowledge((cursor + 1))
  :: true
  fi;
  word = memory[SLOT_OF(cursor)];
  atomic { ok = (TO_OLDEST(memory[RESERVED]) <= cursor) };
  if
  :: atomic {
      ok -> ok = false;
      assert(word == VALUE(cursor)); /* exactly that item */
      word = 0;
      cursor++
    };
    if
    :: ACKNOWLEDGED_EARLY && (late_acknowledged[s] > cursor || memory[ACKNOWLEDGED(s)] >= cursor)
    :: else -> acknowledge(cursor)
    fi
  :: atomic {
      !ok -> word = 0;
      /* RawReader::overtaken: items that a reader holds back stay; only a reader that was evicted, or never held the
         item, comes here. */
      assert(evicted_number[s] == number || cursor < begin);
      if
      :: evicted_number[s] == number -> goto leaves
      :: else -> cursor = begin /* the least possible move */
      fi
    }
  fi
}

proctype reader(byte me) {
  byte s, cursor, begin, a, word, number;
  byte lives = LIVES;
  bool ok, from_oldest, was_evicted;
#if PRESENT
  d_step { s = me; number = 1 };
  goto reads; /* registered already, to begin at 0 */
#endif
again:
  list_reader();
#if LOSSY
  if
  :: OVER; goto leaves /* a lossy reader: has the slot, and does not hold the writer back */
  :: true
  fi;
#endif
  enter();
reads:
  do
  :: /* RawReader::was_evicted */
/*@ lossless_claim.hpp is_held: slot_->lossless.load(std::memory_order_relaxed) */
    atomic {
      if
      :: memory[LOSSLESS(s)] != number && !without_look_at_eviction -> goto leaves /* it sees the eviction */
      :: else -> was_evicted = (evicted_number[s] == number)
      fi
    };
    if
    :: memory[INSERTED] > cursor ->
      assert(!was_evicted); /* it saw the eviction before it read on */
      read_item()
    :: atomic { OVER && memory[INSERTED] <= cursor -> break }
    /* Spins: there is nothing to see until something changes. */
    :: memory[INSERTED] <= cursor && !OVER -> memory[INSERTED] > cursor || OVER || memory[LOSSLESS(s)] != number
    fi
#if LEAVES
  :: true -> break
#endif
  od;
  stop_to_count(number);
leaves:
  goto done;
died:
  atomic { SLOT_DRAINED(s) -> somebody_died = true };
done:
  atomic {
    SLOT_DRAINED(s) ->
    locked[s] = false;
    cursor = 0; begin = 0; a = 0; word = 0; number = 0; ok = false; from_oldest = false; was_evicted = false;
    s = 0;
    lives--;
    if
    :: lives > 0 && !OVER -> goto again
    :: true
    fi
  };
  lives = 0
}

/* The owner, which evicts a reader at any moment: evict_readers. */
/*@ catalog.cpp evict_readers: control->slot(i).lossless.load(std::memory_order_acquire) */
/*@ catalog.cpp evict_readers: control->release(i, word) */
proctype evictor() {
  byte s, seen;
  bool done;
end:
  if
  :: IS_ODD(memory[LOSSLESS(0)]) -> s = 0
#if SLOTS > 1
  :: IS_ODD(memory[LOSSLESS(1)]) -> s = 1
#endif
  fi;
  seen = memory[LOSSLESS(s)];
  if
  :: IS_ODD(seen) && locked[s]
  :: else -> goto over
  fi;
  atomic {
    release_reader(s, seen, done);
    if
    :: done -> evicted_number[s] = seen
    :: else
    fi
  };
#if SLEEP
  if
  :: done && !without_wake_by_release ->
    memory[ROOM_AT] = WAKE_NOBODY;
    memory[ROOM_COUNT]++;
    asleep = false
  :: else
  fi;
#endif
over:
  skip;
  d_step { s = 0; seen = 0; done = false }
}

init {
  atomic {
    c_code {
      now.without = getenv("MODEL_WITHOUT") ? (unsigned char) atoi(getenv("MODEL_WITHOUT")) : 0;
      now.weak = getenv("MODEL_MACHINE") != 0 && strcmp(getenv("MODEL_MACHINE"), "weak") == 0;
    };
    memory[ROOM_AT] = WAKE_NOBODY;
    /* The items that were published before. */
    d_step {
      do
      :: issued < FIRST -> memory[SLOT_OF(issued)] = VALUE(issued); issued++
      :: else -> break
      od;
      memory[RESERVED] = FIRST;
      memory[INSERTED] = FIRST
    };
#if PRESENT
    locked[0] = true;
    memory[LOSSLESS(0)] = 1;
    memory[BITS] = (1 << READERS) - 1;
#if READERS > 1
    locked[1] = true;
    memory[LOSSLESS(1)] = 1;
#endif
#endif
    run store_buffer();
    run readers_store_buffer(0);
#if SLOTS > 1
    run readers_store_buffer(1);
#endif
    run writer();
    run reader(0);
#if READERS > 1
    run reader(1);
#endif
#if EVICTIONS
    run evictor()
#endif
  }
}
