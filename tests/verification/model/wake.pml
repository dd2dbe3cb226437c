/* Sleeping and waking, as in libshm/include/shm/ring/wake.hpp, and the code that calls it. A sleep after a request
   has no bound here, so that no timeout hides a lost wake. */

bool asleep[READERS];
bool fences; /* the present writer could not register for the membarrier, and fences itself */

/* --- the writer's side --- */

inline futex_wake_all() {
  atomic {
    DRAINED; /* the kernel's own fences */
    asleep[0] = false;
#if READERS > 1
    asleep[1] = false;
#endif
    DIE_HERE()
  }
}

/* A locked operation; a relaxed one on the weak machine does not wait for the stores in front of it. */
inline count_up(missing) {
  atomic {
    (DRAINED || (weak && (missing)));
    memory[WAKE_COUNT]++;
    DIE_HERE()
  }
}

inline withdraw_requests() {
  if
  :: without_withdrawal_before_count -> count_up(false)
  :: else
  fi;
/*@ wake.hpp withdraw_requests: wake_at.store(layout::wake_nobody, std::memory_order_relaxed) */
  atomic { ROOM(1); STORE(WAKE_AT, WAKE_NOBODY) };
/*@ wake.hpp withdraw_requests: wake_count.fetch_add(1, std::memory_order_release) */
  if
  :: without_withdrawal_before_count || without_count_of_wakes
  :: else -> count_up(without_release_of_wake_count)
  fi
}

/*@ owned_stream.cpp wake_all: ring::withdraw_requests(control_->header().wake_at, state.wake_count) */
/*@ owned_stream.cpp wake_all: os::futex_wake_all(state.wake_count) */
inline wake_all() {
  withdraw_requests();
  futex_wake_all()
}

/* A load that comes before a store in front of it is the same as that store leaving the buffer late: the load itself
   stays in order. */
inline wake_if_asked() {
  if
  :: fences ->
/*@ wake.hpp is_pending_after_fence: full_fence() */
    if
    :: without_full_fence_of_writer
    :: else -> DRAINED
    fi
/*@ wake.hpp is_pending_after_fence: word_->load(std::memory_order_relaxed) */
/*@ wake.hpp is_pending: compiler_fence() */
/*@ wake.hpp is_pending: first_look_->load(std::memory_order_relaxed) */
  :: else /* the compiler's fence is not a step: the stores may be late in any case */
  fi;
  if
  :: issued > memory[WAKE_AT] -> wake_all()
  :: else
  fi
}

/*@ owned_stream.cpp mark_ended: live.state.store(layout::StreamState::ended, std::memory_order_release) */
/*@ owned_stream.cpp mark_ended: live.wake_count.fetch_add(1, std::memory_order_release) */
/*@ owned_stream.cpp mark_ended: os::futex_wake_all(live.wake_count) */
inline mark_ended() {
  if
  :: without_end_before_wake -> count_up(false); futex_wake_all()
  :: else
  fi;
  atomic {
    ROOM(1);
    if
    :: without_release_of_end -> STORE(STATE, ENDED)
    :: else -> STORE_RELEASE(STATE, ENDED)
    fi
  };
  if
  :: without_end_before_wake || without_wake_at_end
  :: else -> count_up(false); futex_wake_all()
  fi
}

/* --- a reader's side --- */

/*@ wake.hpp load_wake_word: wake_count.load(std::memory_order_acquire) */
#define LISTEN() LOAD_ACQUIRE(WAKE_COUNT, seen_wakes, without_acquire_of_wake_count, (L_STANDING | L_WAKE_AT))

#if READER_DEATHS
byte reader_deaths = READER_DEATHS;
#define READER_MAY_DIE :: atomic { reader_deaths > 0 -> reader_deaths--; goto done }
#else
#define READER_MAY_DIE
#endif

#define OVER_REQUEST (without_full_fence_of_sleeper -> L_STATE | L_INSERTED | L_FENCES : 0)
/*@ wake.hpp ask_for_wake: wake_at.load(std::memory_order_relaxed) */
/*@ wake.hpp ask_for_wake: wake_at.compare_exchange_weak(current, index, std::memory_order_relaxed) */
inline ask_for_wake() {
  LOAD(WAKE_AT, a, OVER_REQUEST);
  do
  :: d_step { /* early loads stay: a later load may be performed before the locked store is seen */
      WANTED < a || without_minimum ->
      if
      :: memory[WAKE_AT] == a || without_compare_in_minimum -> memory[WAKE_AT] = WANTED; a = 0
      :: else -> a = memory[WAKE_AT]
      fi
    };
    if
    :: a == 0 -> break
    :: else
    fi
  :: WANTED >= a && !without_minimum -> break
  READER_MAY_DIE
  od
}

/* The count of wakes at which a request was made, plus one, and its index. */
#define REQUEST ((seen_wakes + 1) * 16 + WANTED)

/*@ wake.hpp announce_request: standing.store(standing_request(seen_wakes, index), std::memory_order_relaxed) */
/*@ wait_target.cpp order: ring::announce_request(request.control->standing_request, request.seen_wakes, request.index, inserted) */
inline announce_request() {
  memory[STANDING] = REQUEST
}

/*@ wake.hpp order_request: full_fence() */
/*@ wake.hpp order_request: writer_fences.load(std::memory_order_relaxed) */
/*@ wait_target.cpp order: ring::order_request(request.live->writer_fences, [&] */
/*@ wait_target.cpp order: os::barrier() */
inline order_request() {
  FENCE_LOAD(without_full_fence_of_sleeper, WRITER_FENCES, a, (L_STATE | OVER_REQUEST));
  if
  :: a != 0 || without_membarrier -> asked = true
  /* A moment at which the store buffer of a registered writer is empty. */
  :: atomic { a == 0 && !without_membarrier && (fences || DRAINED) -> forget_early(); asked = true };
    if
    :: without_order_before_announcing
    :: else -> announce_request()
    fi
#if BARRIER_FAILS
  :: a == 0 && !without_membarrier -> asked = without_bounded_sleep_where_barrier_fails
#endif
  READER_MAY_DIE
  fi;
  a = 0
}

/*@ wake.hpp request_stands: standing.load(std::memory_order_acquire) */
/*@ wait_target.cpp ask: ring::request_stands(stream.control->standing_request, seen_wakes, index) */
inline request_stands() {
  if
  :: d_step { early_standing > 0 -> perform(STANDING, a) } /* and what it orders came after it, early too */
  :: else -> LOAD_ACQUIRE(STANDING, a, without_acquire_of_standing, (L_STATE | L_INSERTED))
  fi;
  d_step {
    asked = (a != 0 && (a / 16 == seen_wakes + 1 || without_count_in_standing) &&
             (a % 16 <= WANTED || without_index_in_standing));
    a = 0
  }
}

inline ask_to_be_woken() {
  ask_for_wake();
  if
  :: without_order_before_announcing -> announce_request()
  :: else
  fi;
  order_request()
}

/* WaitTarget::look: the state first, then the count. */
/*@ wait_target.cpp look: stream->live().state.load(std::memory_order_acquire) */
/*@ wait_target.cpp look: items.inserted() */
inline gave_up(state, count) {
  LOAD_ACQUIRE(STATE, state, without_acquire_of_state, L_INSERTED);
  LOAD_INSERTED(count)
}

/* Sleeps until item WANTED is there, the stream has ended, or no other writer will come. */
/*@ wait_targets.cpp ask_to_be_woken: ring::load_wake_word(stream.wake_word()) */
/*@ wait_target.cpp ask: ring::ask_for_wake(stream.control->wake_at, index) */
/*@ wait_targets.cpp sleep: ask_to_be_woken(how) */
/*@ wait_targets.cpp sleep: os::futex_wait_any(words_, std::min(how.deadline.at(), all_asked ? look_again : now + longest_unasked_sleep)) */
inline sleep_until() {
  do
  :: if
     :: without_listening_before_asking -> ask_to_be_woken(); LISTEN()
     :: else ->
       LISTEN();
       request_stands();
       if
       :: asked
       :: else -> ask_to_be_woken()
       fi
     fi;
    if
    :: without_look_after_asking
    :: else ->
      gave_up(s, n);
      if
      :: n > WANTED || s == ENDED -> break
      :: else
      fi
    fi;
    s = 0;
    n = 0;
    d_step {
      asleep[me] = (asked && (memory[WAKE_COUNT] == seen_wakes || without_compare_in_futex));
      seen_wakes = 0
    };
    if
    :: asked ->
      if
      :: !asleep[me]
      /* Every sleep is bounded, so that the reader notices a lost writer (RawReader::writer_gone). */
      :: atomic { nobody_comes && DRAINED -> asleep[me] = false; break }
      /* Asleep for ever, and rightly: the writer lives, and appends nothing more. */
      :: atomic { idle && DRAINED && asleep[me] && memory[INSERTED] <= WANTED -> goto done }
      READER_MAY_DIE
      fi
    :: else /* a short sleep that ends without a wake */
      memory[INSERTED] > WANTED || memory[STATE] == ENDED || ((idle || nobody_comes) && DRAINED);
      break
    fi;
    asked = false;
  od;
  asked = false;
  seen_wakes = 0
}
