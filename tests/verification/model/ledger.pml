/* The ledger beside the items: an anchor is published before its items, in a ring of its own. A writer may die in
   between. Its anchor stays, and the next writer's first append has an anchor with the same index: the last anchor
   counts.

   The model has the order of the two counts. It leaves out the items' words, which ring.pml has, and the laps of the
   ledger, since an append that would overwrite an anchor in use is refused. A key is the number of the stamp that
   gave it. */
#define INSERTED 0 /* of the items */
#define RESERVED 1 /* of the items: not read here */
#define LEDGER 2   /* the count of anchors */
#define ANCHORS 3  /* two words each: index, key */
#define MOST_ANCHORS (ITEMS + WRITER_DEATHS)
#define PLACES (ANCHORS + 2 * MOST_ANCHORS)
#define STANDING NOWHERE /* not in this model */
#define INDEX_OF(place) (ANCHORS + 2 * (place))
#define KEY_OF(place) (ANCHORS + 2 * (place) + 1)

#define OWN_EARLY_LOADS
#define L_INSERTED 1
#define L_LEDGER 2
#define L_ANCHORS 4
inline perform_one_early(later) {
  if
  :: (later) & L_INSERTED -> early_at = INSERTED
  :: (later) & L_LEDGER -> early_at = LEDGER
  :: (later) & L_ANCHORS ->
    early_at = ANCHORS;
    do
    :: early_at + 1 < PLACES -> early_at++
    :: break
    od
  fi;
  early_value = memory[early_at]
}

#include "mutations.pml"
#include "memory.pml"

/* The state of the checks. */
byte truth[ITEMS]; /* the key from its own writer */
byte issued;       /* items published, in the order of the writer's program */
byte stamps;       /* the stamps of all writers so far */

/*@ key_writer.cpp write_stamp: ledger_->append_one<sizeof(Anchor)>(reinterpret_cast<const std::byte*>(&*anchor)) */
inline append_anchor(index) {
  STORE(INDEX_OF(place), index);
  STORE(KEY_OF(place), line);
  if
  :: without_release_of_ledger_count -> STORE(LEDGER, (place + 1))
  :: else -> STORE_RELEASE(LEDGER, (place + 1))
  fi;
  place++
}

/*@ raw_writer.cpp append: appender_.wake_if_asked(appender_.ring().append_step(next, step)) */
/*@ raw_writer.cpp publish: appender_.wake_if_asked(appender_.ring().publish(items)) */
inline append_item() {
  truth[issued] = line;
  issued++;
  if
  :: without_release_of_items_count -> STORE(INSERTED, issued)
  :: else -> STORE_RELEASE(INSERTED, issued)
  fi
}

/*@ raw_writer.cpp append: appender_.write_keys(items, stamp) */
/*@ raw_writer.cpp publish: appender_.write_keys({appender_.ring().claim(items), items * item_bytes()}, stamp) */
/*@ appender.cpp check_keys: state_->keys->before_append(ring_.inserted(), items, stamp) */
inline append_stamped() {
  stamps++;
  line = stamps;
  if
  :: without_anchor_before_items -> append_item(); append_anchor((issued - 1))
  :: else -> append_anchor(issued); append_item()
  fi;
  is_stamped = true
}

/* KeyWriter, after a writer that died: the line in force is that of the newest published item. */
/*@ key_writer.cpp KeyWriter: resume_ledger(next) */
/*@ key_writer.cpp resume_ledger: if (anchor.index < next) return anchor_builder_.resume(anchor, next) */
inline go_on() {
  d_step {
    assert(DRAINED);
    issued = memory[INSERTED];
    place = memory[LEDGER];
    is_stamped = false;
    k = place;
    do
    :: k > 0 && memory[INDEX_OF(k - 1)] >= issued -> k--
    :: else -> break
    od;
    line = (k > 0 -> memory[KEY_OF(k - 1)] : 0);
    k = 0
  }
}

proctype writer() {
  byte place, line, k;
  bool is_stamped;
alive:
  go_on();
  do
  :: atomic { issued < ITEMS && ROOM(4) -> append_stamped() }
  :: atomic {
      /* An item on the line in force, also in the later steps of a batch. A writer's first one is refused
         (before_append). */
      issued < ITEMS && (is_stamped || (without_anchor_of_next_writer && line > 0)) -> ROOM(1);
      append_item()
    }
  :: issued == ITEMS -> goto over
  od;
died:
  atomic {
    DRAINED -> place = 0; line = 0; is_stamped = false;
    if
    :: goto alive
    :: true
    fi
  };
over:
  skip;
  d_step { place = 0; line = 0; is_stamped = false }
}

/* Ledger::line, for any item below a count that was read first. */
/*@ ledger.cpp line: items_.inserted() */
#define LOAD_ITEMS_COUNT(to) LOAD_ACQUIRE(INSERTED, to, without_acquire_of_items_count, (L_LEDGER | L_ANCHORS))
/*@ ledger.cpp line: places(index + 1) */
/*@ ledger.cpp places: anchors_.readable() */
#define LOAD_LEDGER_COUNT(to) LOAD_ACQUIRE(LEDGER, to, without_acquire_of_ledger_count, (L_ANCHORS | L_INSERTED))

proctype reader() {
  byte n, m, i, a;
  byte early_at = NOWHERE, early_value, early_inserted, early_standing;
  do
  :: if
     :: without_items_count_before_ledgers -> LOAD_LEDGER_COUNT(m); LOAD_ITEMS_COUNT(n)
     :: else -> LOAD_ITEMS_COUNT(n); LOAD_LEDGER_COUNT(m)
     fi;
     if
     :: n == 0
     :: atomic {
         n > 0 -> i = n - 1;
         do
         :: i > 0 -> i--
         :: break
         od
       };
       /* The last anchor whose index is at most i. */
/*@ ledger.cpp load: ring::load_item<sizeof(Anchor)>(reinterpret_cast<std::byte*>(&anchor), anchors_.at(place)) */
       do
       :: atomic { m == 0 -> assert(false) /* there is an anchor */ }
       :: m > 0 ->
         LOAD(INDEX_OF(m - 1), a, 0);
         if
         :: a <= i -> break
         :: else -> m--
         fi
       od;
       LOAD(KEY_OF(m - 1), a, 0);
       assert(a == truth[i]) /* it is the key of the item's own append */
     fi;
     d_step { n = 0; m = 0; i = 0; a = 0; forget_early() }
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
