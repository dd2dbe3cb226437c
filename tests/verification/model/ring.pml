/* The ring: append and read, step by step as in libshm/include/shm/ring/. A line that begins with a star and an
   at sign names the code that the steps below it stand for; names_test.py holds it to the code.

   Items have two words. An item's words contain its index and the number of the attempt to write it, since a claim
   may be published in part and a writer may die: readers must take the attempt that was published. */

#define ATTEMPTS 4
#define VALUE(index, attempt) (1 + (index) * ATTEMPTS + (attempt))

/* The state of the checks, which the protocol does not use. */
byte attempts[ITEMS + CLAIM];  /* how often the slot's item was begun */
byte truth[ITEMS];             /* the published value */
byte issued;                   /* items published, in the order of the writer's program */

/* --- the writing side --- */

inline reserve(end) {
  if
  :: end <= reserved
  :: else ->
    reserved = end + AHEAD;
    assert(reserved + HISTORY <= issued + CAPACITY); /* the newest `history` items stay readable */
/*@ ring_writer.hpp reserve: counters_->reserved.store(reserved_, std::memory_order_relaxed) */
    STORE(RESERVED, reserved);
/*@ ring_writer.hpp reserve: release_fence() */
    if
    :: without_release_fence_after_reserve
    :: else -> release_fence()
    fi
  fi
}

/* Words of items [next, next + count). */
/*@ ring_writer.hpp append_step: store_items(data_ + (next & mask_) * item_bytes_, items, count * item_bytes_, item_bytes_) */
/*@ ring_writer.hpp append_one: store_item<Bytes>(data_ + (next & mask_) * Bytes, item) */
inline store_items(count) {
  k = 0;
  do
  :: k < count ->
    attempts[next + k]++;
    assert(attempts[next + k] < ATTEMPTS);
    STORE((RING + 2 * ((next + k) % CAPACITY)), VALUE(next + k, attempts[next + k]));
    STORE((RING + 2 * ((next + k) % CAPACITY) + 1), VALUE(next + k, attempts[next + k]));
    k++
  :: else -> break
  od;
  k = 0
}

inline store_newest(end) {
/*@ ring_writer.hpp announce: store_items(to, newest, bytes, bytes) */
/*@ ring_writer.hpp append_one: store_item<Bytes>(to, item) */
  STORE(NEWEST, VALUE(end - 1, attempts[end - 1]));
  STORE((NEWEST + 1), VALUE(end - 1, attempts[end - 1]))
}

inline note_the_truth(end) {
  do
  :: issued < end ->
    assert(truth[issued] == 0); /* item k never changes */
    truth[issued] = VALUE(issued, attempts[issued]);
    issued++
  :: else -> break
  od
}

/*@ ring_writer.hpp announce: line.inserted.store(inserted, std::memory_order_release) */
inline store_inserted(end) {
  note_the_truth(end);
  if
  :: without_release_of_inserted -> STORE(INSERTED, end)
  :: else -> STORE_RELEASE(INSERTED, end)
  fi
}

inline announce(end) {
  if
  :: without_inserted_last -> store_inserted(end)
  :: else
  fi;
  if
  :: without_guard_before_newest -> store_newest(end)
  :: else
  fi;
/*@ ring_writer.hpp announce: line.guard.store(inserted, std::memory_order_relaxed) */
  STORE(GUARD, end);
/*@ ring_writer.hpp announce: release_fence() */
  if
  :: without_release_fence_after_guard
  :: else -> release_fence()
  fi;
  if
  :: without_guard_before_newest
  :: else -> store_newest(end)
  fi;
  if
  :: without_inserted_last
  :: else -> store_inserted(end)
  fi
}

/* append_step, append_one; and claim, the user's writing, publish: the same steps, where less may be published
   than was written. */
/*@ ring_writer.hpp append_one: line.inserted.load(std::memory_order_relaxed) */
/*@ ring_writer.hpp inserted: counters_->line.inserted.load(std::memory_order_relaxed) */
inline append(count, published) {
#if ITEM_WORDS
  atomic {
    ROOM(7 + 2 * count);
    next = issued; /* its own store: forwarded from the buffer */
    if
    :: without_reserve_before_items -> store_items(count); reserve((next + count))
    :: else -> reserve((next + count)); store_items(count)
    fi;
    announce((next + published));
    next = 0
  }
#else
  /* The count alone, for configurations that only check sleeping and waking. */
  atomic { ROOM(1); next = issued + published; store_inserted(next); next = 0 }
#endif
}

/* RingWriter::RingWriter, after a writer that died. The lock that it got is a full fence. */
inline go_on() {
  d_step {
    assert(DRAINED);
/*@ ring_writer.hpp RingWriter: counters.reserved.load(std::memory_order_relaxed) */
    reserved = memory[RESERVED];
    issued = memory[INSERTED];
    if
    :: without_reserved_kept_at_takeover -> reserved = 0
    :: else
    fi;
    if
    :: reserved < issued -> reserved = issued
    :: else
    fi
  }
}

/* --- the reading side --- */

/*@ ring_reader.hpp inserted: counters_->line.inserted.load(std::memory_order_acquire) */
#define LOAD_INSERTED(to) \
  LOAD_ACQUIRE(INSERTED, to, without_acquire_of_inserted, (L_NEWEST | L_GUARD | L_RING | L_RESERVED | L_STATE))

/*@ ring_reader.hpp oldest: counters_->reserved.load(std::memory_order_relaxed) */
inline to_oldest(count) {
  if
  :: count > CAPACITY -> count = count - CAPACITY
  :: else -> count = 0
  fi
}

/*@ ring_reader.hpp intact: acquire_fence() */
inline intact(yes) {
  FENCE_LOAD(without_acquire_fence_in_intact, RESERVED, a, L_INSERTED);
  d_step {
    to_oldest(a);
    yes = (a <= cursor || without_recheck_of_reserved);
    a = 0
  }
}

#define OVER_RING (L_RING | (without_acquire_fence_in_intact -> L_RESERVED : 0))
/*@ ring_reader.hpp copy: load_items(to, at(first), count * item_bytes_, item_bytes_) */
/*@ ring_reader.hpp copy_one: load_item<Bytes>(to, data_ + (index & mask_) * Bytes) */
inline copy(ok) {
  LOAD((RING + 2 * (cursor % CAPACITY)), words[0], OVER_RING);
  LOAD((RING + 2 * (cursor % CAPACITY) + 1), words[1], OVER_RING);
#if READ_MOST > 1
  if
  :: count > 1 ->
    LOAD((RING + 2 * ((cursor + 1) % CAPACITY)), words[2], OVER_RING);
    LOAD((RING + 2 * ((cursor + 1) % CAPACITY) + 1), words[3], OVER_RING)
  :: else
  fi;
#endif
  intact(ok)
}

/* n came from inserted(); the guard must have the same count. */
#define OVER_NEWEST (L_NEWEST | (without_acquire_fence_in_copy_newest -> L_GUARD : 0))
/*@ ring_reader.hpp copy_newest: load_items(to, counters_->line.newest.data(), bytes, bytes) */
/*@ ring_reader.hpp copy_newest: load_item<Bytes>(to, counters_->line.newest.data()) */
/*@ ring_reader.hpp guard_is: acquire_fence() */
/*@ ring_reader.hpp guard_is: counters_->line.guard.load(std::memory_order_relaxed) */
inline copy_newest(ok) {
  LOAD(NEWEST, words[0], OVER_NEWEST);
  LOAD((NEWEST + 1), words[1], OVER_NEWEST);
  FENCE_LOAD(without_acquire_fence_in_copy_newest, GUARD, a, (L_RING | L_INSERTED));
  d_step {
    ok = (a == n || without_check_of_guard);
    a = 0
  }
}

/* Checks that the words that were read are the items [cursor, cursor + count), as published. */
inline accept() {
  k = 0;
  do
  :: k < count ->
    assert(cursor < issued);                  /* no item that is not published */
    assert(words[2 * k] == words[2 * k + 1]); /* no torn item */
    assert(words[2 * k] == truth[cursor]);    /* no other item */
    cursor++;
    k++
  :: else -> break
  od;
  k = 0;
  count = 0
}

inline forget_words() {
  words[0] = 0;
  words[1] = 0;
#if READ_MOST > 1
  words[2] = 0;
  words[3] = 0;
#endif
  skip
}
