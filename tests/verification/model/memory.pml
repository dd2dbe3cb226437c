/* The shared memory, and the processors between it and the protocol.

   Only the writer stores plainly; readers change memory with locked operations alone. So there is one store
   buffer, the writer's, and loads that are performed early are the readers'.

   The two machines:
     x86   stores leave the buffer in their order, at any later moment; loads are performed in their order
     weak  stores leave in any order, but: to one place in their order; not across a release fence; a release
           store after all that came before it. A load may be performed before those in front of it, back to
           the last acquire (one such load at a time for each reader) */

/* Places, unless a model has its own. */
#ifndef PLACES
#define RESERVED 0
#define INSERTED 1
#define GUARD 2
#define NEWEST 3 /* two words */
#define WAKE_AT 5
#define WAKE_COUNT 6
#define STATE 7
#define WRITER_FENCES 8
#define STANDING 9
#define RING 10 /* two words for each slot */
#define PLACES (RING + 2 * CAPACITY)
#endif
#define NOWHERE 63
#define FENCE 62

#define WAKE_NOBODY 255
#define LIVE 1
#define ENDED 2

byte memory[PLACES];
local bool weak; /* which machine; set once by init */

/* --- the writer's store buffer --- */

#define RELEASE 64 /* marks a release store, in held_at */
byte held_at[BUFFER];
byte held_value[BUFFER];
byte held; /* how many stores wait */

/* Used inside of one step only, and so not part of the state. */
hidden byte j_, at_, value_;

inline take_out(which) {
  at_ = held_at[which] & ~RELEASE;
  value_ = held_value[which];
  j_ = which;
  do
  :: j_ + 1 < held -> held_at[j_] = held_at[j_ + 1]; held_value[j_] = held_value[j_ + 1]; j_++
  :: else -> break
  od;
  held--;
  held_at[held] = 0;
  held_value[held] = 0
}

/* A bit for each store that may leave now. */
inline find_those_that_may_leave() {
  may_leave = 1; /* the oldest always may */
  i = 1;
  do
  :: weak && i < held ->
    if
    :: held_at[i] == FENCE -> break
    :: held_at[i] & RELEASE
    :: else ->
      j_ = 0;
      do
      :: j_ < i && (held_at[j_] & ~RELEASE) != held_at[i] -> j_++
      :: else -> break
      od;
      if
      :: j_ == i -> may_leave = may_leave | (1 << i)
      :: else
      fi
    fi;
    i++
  :: else -> break
  od
}

/* Stores become visible. Here the model checks, for every order of stores, that counts that must grow only grow. */
proctype store_buffer() {
  byte i;
  short may_leave;
end:
  do
  :: atomic {
      held > 0 ->
      d_step { find_those_that_may_leave(); i = 0 };
      do
      :: may_leave & (1 << i) -> break
      :: may_leave >> (i + 1) -> i++
      od;
      d_step {
        take_out(i);
        assert(at_ != INSERTED || value_ > memory[INSERTED]); /* inserted grows */
        assert(at_ != RESERVED || value_ > memory[RESERVED]); /* reserved is never lowered */
        i = 0;
        may_leave = 0;
        memory[at_] = value_;
        do
        :: held > 0 && held_at[0] == FENCE -> take_out(0)
        :: else -> break
        od;
        skip
      }
    }
  od
}

/* --- the writer's operations on memory --- */

/* A store only goes into the buffer, where no reader sees it. So the stores of an append are put there in one step:
   other processes only see that they leave at any later moment. The writer may die between any two. */
inline put(where, what) {
  held_at[held] = where;
  held_value[held] = what;
  held++
}
#define STORE(where, what) put(where, what); DIE_HERE()
#define STORE_RELEASE(where, what) put((where | RELEASE), what); DIE_HERE()

/* x86 keeps the order of stores anyway. */
inline release_fence() {
  if
  :: weak && held > 0 -> held_at[held] = FENCE; held++
  :: else
  fi
}

#define DRAINED (held == 0)
/* A full buffer: the processor waits for its own memory, never for a reader. */
#define ROOM(stores) (held + (stores) <= BUFFER)

#if WRITER_DEATHS
byte writer_deaths = WRITER_DEATHS;
#define DIE_HERE() \
  if \
  :: writer_deaths > 0 -> writer_deaths--; goto died \
  :: true \
  fi
#else
#define DIE_HERE() skip
#endif

/* --- a reader's operations on memory; in reader processes alone --- */

/* The loads that may follow before the next acquire: these may be performed early. A model with places of its own has
   its own list. */
#ifndef OWN_EARLY_LOADS
#define L_INSERTED 1
#define L_RESERVED 2
#define L_GUARD 4
#define L_NEWEST 8
#define L_RING 16
#define L_STATE 32
#define L_WAKE_AT 64
#define L_FENCES 128
#define L_STANDING 256

inline perform_one_early(later) {
  if
  :: (later) & L_INSERTED -> early_at = INSERTED
  :: (later) & L_RESERVED -> early_at = RESERVED
  :: (later) & L_GUARD -> early_at = GUARD
  :: (later) & L_NEWEST -> early_at = NEWEST
  :: (later) & L_NEWEST -> early_at = NEWEST + 1
  :: (later) & L_RING -> early_at = RING + 2 * (cursor % CAPACITY)
  :: (later) & L_RING -> early_at = RING + 2 * (cursor % CAPACITY) + 1
#if READ_MOST > 1
  :: (later) & L_RING -> early_at = RING + 2 * ((cursor + 1) % CAPACITY)
  :: (later) & L_RING -> early_at = RING + 2 * ((cursor + 1) % CAPACITY) + 1
#endif
  :: (later) & L_STATE -> early_at = STATE
  :: ((later) & L_STATE) && ((later) & L_INSERTED) -> early_at = STATE; early_inserted = memory[INSERTED] + 1
  :: (later) & L_WAKE_AT -> early_at = WAKE_AT
  :: ((later) & L_STANDING) && ((later) & L_WAKE_AT) -> early_at = WAKE_AT; early_standing = memory[STANDING] + 1
  :: (later) & L_FENCES -> early_at = WRITER_FENCES
  fi;
  early_value = memory[early_at]
}
#endif

inline perform(where, to) {
  if
  :: early_at == where -> to = early_value; early_at = NOWHERE; early_value = 0
  :: where == INSERTED && early_inserted > 0 -> to = early_inserted - 1; early_inserted = 0
  :: where == STANDING && early_standing > 0 -> to = early_standing - 1; early_standing = 0
  :: else -> to = memory[where]
  fi
}

inline forget_early() {
  early_at = NOWHERE;
  early_value = 0;
  early_inserted = 0;
  early_standing = 0
}
inline forget_early_unless(missing) {
  if
  :: missing
  :: else -> forget_early()
  fi
}

/* A relaxed load; `later` are the loads that may overtake it. */
#define LOAD(where, to, later) \
  if \
  :: atomic { weak && early_at == NOWHERE && (later) != 0 -> perform_one_early(later) }; \
     d_step { perform(where, to) } \
  :: d_step { perform(where, to) } \
  fi

/* An acquire load: no load overtakes it, unless the acquire is missing. */
#define LOAD_ACQUIRE(where, to, missing, later) \
  if \
  :: atomic { weak && early_at == NOWHERE && (missing) -> perform_one_early(later) }; \
     d_step { perform(where, to) } \
  :: early_at == where -> d_step { perform(where, to) } \
  :: d_step { early_at != where -> perform(where, to); forget_early_unless(missing) } \
  fi

/* An acquire fence, then a relaxed load. */
#define FENCE_LOAD(missing, where, to, later) \
  if \
  :: atomic { \
       weak && (early_at == NOWHERE || !(missing)) -> forget_early_unless(missing); perform_one_early(later) \
     }; \
     d_step { perform(where, to) } \
  :: d_step { forget_early_unless(missing); perform(where, to) } \
  fi
