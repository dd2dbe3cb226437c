#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `./run fuzz`, once the targets are built: runs them, as many at a time as there are processors if not told
# otherwise. See docs/fuzzing.md.
#   run_targets.sh PROGRAMS WORK [--seconds N | --hours N] [--at-once N] [target ...]
#   run_targets.sh PROGRAMS WORK --replay TARGET FILE ...
#   run_targets.sh PROGRAMS WORK --keep [target ...]
set -euo pipefail
programs=$1
work=$2
shift 2
kept="$(dirname "${BASH_SOURCE[0]}")/corpus"

known() { [ -x "$programs/fuzz_$1" ]; }
all_targets() { for program in "$programs"/fuzz_*; do [ -x "$program" ] && [ ! -d "$program" ] && echo "${program##*/fuzz_}"; done; }
say() { printf '%s\n' "$*" >&2; }
fail() { say "run: $*"; exit 2; }

# What a target may take. An input of the kept corpus needs milliseconds and some hundred MiB, most of it ASan's.
limits=(-timeout=20 -rss_limit_mb=1536 -malloc_limit_mb=256)
seconds=60
at_once=$(nproc)
mode=fuzz
targets=()
files=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds | --hours)
      [[ ${2:-} =~ ^[1-9][0-9]{0,6}$ ]] || fail "$1 is followed by a whole number, not '${2:-}'"
      seconds=$2
      [ "$1" = --seconds ] || seconds=$((seconds * 3600))
      shift
      ;;
    --at-once)
      [[ ${2:-} =~ ^[1-9][0-9]{0,3}$ ]] || fail "--at-once is followed by a number of targets, not '${2:-}'"
      at_once=$2
      shift
      ;;
    --replay)
      mode=replay
      [ $# -ge 3 ] || fail "--replay is followed by a target and files"
      targets=("$2")
      shift 2
      files=("$@")
      break
      ;;
    --keep) mode=keep ;;
    -*) fail "fuzz has no option '$1'" ;;
    *) targets+=("$1") ;;
  esac
  shift
done
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(all_targets)
for target in "${targets[@]}"; do known "$target" || fail "there is no target '$target'; there are: $(all_targets | xargs)"; done

# Streams of the targets, removed also when a target crashes.
SHM_FUZZ_DIR=$(mktemp -d /dev/shm/shm-fuzz-XXXXXX)
export SHM_FUZZ_DIR
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1:allocator_may_return_null=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
finish() {
  local running
  mapfile -t running < <(jobs -pr)
  [ ${#running[@]} -eq 0 ] || kill "${running[@]}" 2>/dev/null || true
  wait || true
  rm -rf "$SHM_FUZZ_DIR"
}
trap finish EXIT
trap 'exit 130' INT TERM

mkdir -p "$work/logs" "$work/artifacts"

fuzz_one() {
  local target=$1 log="$work/logs/$1.log" options=() status=0
  mkdir -p "$work/corpus/$target" "$kept/$target"
  [ ! -f "$kept/$target.dict" ] || options+=("-dict=$kept/$target.dict")
  "$programs/fuzz_$target" "$work/corpus/$target" "$kept/$target" -max_total_time="$seconds" "${limits[@]}" \
    -max_len=16384 -len_control=200 -close_fd_mask=3 -print_final_stats=1 -artifact_prefix="$work/artifacts/$target-" \
    "${options[@]}" >"$log" 2>&1 &
  local program=$!
  trap 'kill "$program" 2>/dev/null' EXIT  # of this subshell, when it is told to stop
  wait "$program" || status=$?
  trap - EXIT
  local runs cover found
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  cover=$(grep -o 'cov: [0-9]*' "$log" | tail -1)
  found=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
  if [ $status -eq 0 ]; then
    say "$target: ${runs:-0} inputs, ${cover:-cov: 0}: nothing found"
  else
    say "$target: FOUND after ${runs:-?} inputs: $(grep -m1 -E 'SUMMARY|ERROR' "$log" || tail -1 "$log")"
    say "  input ${found:-was not written}; log $log"
    [ -z "$found" ] || say "  again: ./run fuzz --replay $target $found"
  fi
  [ $status -eq 0 ] || touch "$SHM_FUZZ_DIR/failed"
}

case $mode in
  fuzz)
    for target in "${targets[@]}"; do
      while [ "$(jobs -pr | wc -l)" -ge "$at_once" ]; do wait -n || true; done
      (trap 'exit 130' INT TERM; fuzz_one "$target") &
    done
    wait
    [ ! -e "$SHM_FUZZ_DIR/failed" ]
    ;;
  replay)
    "$programs/fuzz_${targets[0]}" "${limits[@]}" "${files[@]}"
    ;;
  keep)
    # The least that reaches the code that the kept and the working corpus reach together becomes the kept one; of
    # many inputs the larger ones, which reach most.
    most=30
    for target in "${targets[@]}"; do
      least=$(mktemp -d "$SHM_FUZZ_DIR/keep-XXXXXX")
      mkdir -p "$work/corpus/$target" "$kept/$target"
      "$programs/fuzz_$target" -set_cover_merge=1 -use_counters=0 -close_fd_mask=3 "${limits[@]}" -max_len=2048 "$least" "$kept/$target" \
        "$work/corpus/$target" >"$work/logs/$target.keep.log" 2>&1 || fail "merging failed: $work/logs/$target.keep.log"
      find "$kept/$target" -type f ! -name 'found-*' -delete
      find "$least" -type f -printf '%s %p\n' | sort -rn | head -n "$most" | cut -d' ' -f2 | xargs -r cp -t "$kept/$target"
      say "$target: $(find "$kept/$target" -type f | wc -l) inputs kept, $(du -sb "$kept/$target" | cut -f1) bytes"
    done
    ;;
esac
