/* A stream: its writer, its readers, and death. One configuration and one machine at a time; see
   configurations.ini. */
#include "mutations.pml"
#include "memory.pml"

bool idle;         /* the writer lives, and will append no more */
bool nobody_comes; /* the writer died, and no other will take over */

/* The item that a reader sleeps for; the second reader sleeps for two items at a time. */
#define WANTED (cursor + me * SLEEP)

#include "ring.pml"
#if SLEEP
#include "wake.pml"
#endif

/* OwnedStream::sign and adopt: a new writer stores its state, then wakes readers that a dead writer left asleep. */
/*@ owned_stream.cpp sign: state.writer_fences.store(fences_ ? 1 : 0, std::memory_order_relaxed) */
/*@ owned_stream.cpp sign: state.state.store(layout::StreamState::live, std::memory_order_release) */
/*@ owned_stream.cpp adopt: wake_all() */
inline take_over() {
  go_on();
#if SLEEP
  atomic {
    if
    :: FENCES != 1 -> fences = false
    :: FENCES != 0 -> fences = true
    fi;
    STORE(WRITER_FENCES, fences);
    STORE_RELEASE(STATE, LIVE)
  };
  if
  :: without_wake_at_takeover
  :: else -> wake_all()
  fi
#endif
}

proctype writer() {
  byte reserved, next, k, written, published;
alive:
  take_over();
  do
  :: atomic {
      issued < ITEMS ->
      written = 1;
#if CLAIM > 1
      if
      :: written = 1
      :: written = 2
      fi;
#endif
      published = written;
#if CLAIM > 1
      if
      :: published = 1
      :: issued + published <= ITEMS
      fi
#endif
    };
    append(written, published);
    d_step { written = 0; published = 0 };
#if SLEEP
    wake_if_asked()
  :: idle = true; goto over
#endif
#if SLEEP
  :: true -> mark_ended(); goto over
#else
  :: issued == ITEMS -> atomic { ROOM(1); STORE_RELEASE(STATE, ENDED) }; goto over
#endif
  od;
died:
  /* Its stores reach memory; then the kernel releases its lock. */
  atomic {
    DRAINED -> reserved = 0; next = 0; k = 0; written = 0; published = 0;
    if
    :: memory[STATE] == LIVE -> goto alive
    :: nobody_comes = true /* or the stream had ended: for its readers nothing follows */
    fi
  };
over:
  skip;
  reserved = 0
}

proctype reader(byte me) {
  byte cursor, n, a, k, s, seen_wakes, count;
  byte words[2 * READ_MOST];
  byte early_at = NOWHERE, early_value, early_inserted, early_standing;
  bool ok, asked;
  do
  :: /* RawReader::copy_at_cursor, read */
    LOAD_INSERTED(n);
    if
#if ITEM_WORDS == 0
    :: d_step { n > WANTED -> assert(n <= issued); cursor = n; n = 0 }
#else
    :: d_step { n > cursor -> count = 1; ok = false };
      if
      :: cursor + 1 == n -> copy_newest(ok)
#if READ_MOST > 1
      :: d_step { cursor + 1 < n -> count = 2 }
#endif
      :: else
      fi;
      if
      :: !ok -> copy(ok)
      :: else
      fi;
      if
      :: d_step { ok -> accept(); forget_words(); n = 0; ok = false }
      :: else ->
        /* RawReader::overtaken. */
        d_step {
          forget_words();
          count = 0;
          n = 0;
          assert(cursor + HISTORY < issued) /* never one of the newest `history` items */
        };
        LOAD_INSERTED(n);
        LOAD(RESERVED, a, L_INSERTED);
        d_step {
          to_oldest(a);
          if
          :: a > n -> a = n
          :: else
          fi;
          assert(a > cursor); /* what is reported lost is not empty */
          cursor = a;
          a = 0;
          n = 0
        }
      fi
#endif
    :: else ->
#if SLEEP
      /* sleep_until looks at the end, too; the check of that is there. */
      n = 0;
      sleep_until();
      if
      :: s == ENDED && n <= WANTED -> assert(n == issued); goto done
      :: d_step { s != ENDED || n > WANTED -> s = 0; n = 0 }
      fi;
#else
      n = 0;
      /* RawReader::nothing_there. */
/*@ raw_reader_cursor.cpp nothing_there: stream_->live().state.load(std::memory_order_acquire) */
/*@ raw_reader_cursor.cpp nothing_there: items_.inserted() */
      if
      :: without_state_before_inserted ->
        LOAD_INSERTED(n);
        LOAD_ACQUIRE(STATE, s, without_acquire_of_state, L_INSERTED)
      :: else ->
        LOAD_ACQUIRE(STATE, s, without_acquire_of_state, L_INSERTED);
        LOAD_INSERTED(n)
      fi;
      if
      :: s == ENDED && cursor >= n -> assert(cursor == issued); goto done /* all of it, then the end */
      :: d_step { cursor < n -> s = 0; n = 0 }
      :: d_step { cursor >= n && s != ENDED -> s = 0; n = 0 };
        /* Spins: there is nothing to see until something changes. */
        memory[INSERTED] > cursor || memory[STATE] == ENDED || (nobody_comes && DRAINED)
      fi;
#endif
      if
      :: atomic { nobody_comes && DRAINED && memory[INSERTED] <= WANTED -> goto done }
      :: !(nobody_comes && DRAINED && memory[INSERTED] <= WANTED)
      fi
    fi
  od;
done:
  skip;
  d_step {
#if SLEEP
    asleep[me] = false;
#endif
    cursor = 0; n = 0; a = 0; k = 0; s = 0; seen_wakes = 0; count = 0;
    forget_words();
    forget_early();
    ok = false;
    asked = false
  }
}

init {
  atomic {
    c_code {
      now.without = getenv("MODEL_WITHOUT") ? (unsigned char) atoi(getenv("MODEL_WITHOUT")) : 0;
      now.weak = getenv("MODEL_MACHINE") != 0 && strcmp(getenv("MODEL_MACHINE"), "weak") == 0;
    };
    memory[STATE] = LIVE;
    memory[WAKE_AT] = WAKE_NOBODY;
    /* The items that were published before. */
    d_step {
      do
      :: issued < FIRST ->
        truth[issued] = VALUE(issued, 0);
        memory[RING + 2 * (issued % CAPACITY)] = truth[issued];
        memory[RING + 2 * (issued % CAPACITY) + 1] = truth[issued];
        memory[NEWEST] = truth[issued];
        memory[NEWEST + 1] = truth[issued];
        issued++
      :: else -> break
      od;
      memory[RESERVED] = FIRST;
      memory[GUARD] = FIRST;
      memory[INSERTED] = FIRST
    };
    run store_buffer();
    run writer();
    run reader(0);
#if READERS > 1
    run reader(1);
#endif
  }
}
