# SPDX-License-Identifier: Apache-2.0
"""./run demo: the main job on real input.

A daemon captures audio into a shared-memory stream; a meter and a recorder read it at once; another publishes what the
processor does, and both streams are put into one table by their times. In the middle the capture daemon is killed with
SIGKILL and started again. The end is a summary, and exit code 1 if what it says does not hold.

On a machine with a capture device that device is used. Without one, a simulated sound card plays recordings; what it
played is known, so the recording is compared with it bit for bit.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import wave

RATE = 48000
STREAM = "demo/mic"
SYSTEM = "demo/system"
SOUNDS = pathlib.Path("/usr/share/sounds/alsa")
# How far the extent of a gap, which is found by time stamps, may be from the truth.
GAP_TOLERANCE_FRAMES = RATE // 1000


def say(text):
    print(text, flush=True)


def has_capture_device():
    try:
        cards = subprocess.run(["arecord", "-l"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return False
    return "card " in cards.stdout


class SimulatedCard:
    """The sound card of the tests, playing all recordings that come with alsa-utils in an endless loop."""

    def __init__(self, build, directory):
        self.ctl = build / "tests/simulated_card/simulated-card-ctl"
        self.state = directory / "card"
        self.file = directory / "recordings.wav"
        self.samples = self._join_recordings()
        plugin = build / "tests/simulated_card/simulated_card.so"
        config = subprocess.run(
            [self.ctl, "config", "--plugin", plugin.resolve(), "--file", self.file, "--state", self.state,
             "--name", "simulated"],
            capture_output=True, text=True, check=True).stdout
        self.config = directory / "asound.conf"
        self.config.write_text(config)

    def _join_recordings(self):
        frames = b""
        for path in sorted(SOUNDS.glob("*.wav")):
            with wave.open(str(path), "rb") as sound:
                if (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2):
                    frames += sound.readframes(sound.getnframes())
        if not frames:
            sys.exit(f"demo: no 48 kHz mono recordings in {SOUNDS} (they come with Debian's alsa-utils)")
        with wave.open(str(self.file), "wb") as joined:
            joined.setparams((1, 2, RATE, 0, "NONE", ""))
            joined.writeframes(frames)
        return memoryview(frames).cast("h")

    def played(self, first, count):
        """What the card played: `count` samples from frame `first` since it began."""
        length = len(self.samples)
        out = []
        while count > 0:
            at = first % length
            step = min(count, length - at)
            out.extend(self.samples[at:at + step])
            first, count = first + step, count - step
        return out

    def starts(self):
        """The world frame at which each run of capture began."""
        log = subprocess.run([self.ctl, self.state, "truth"], capture_output=True, text=True, check=True).stdout
        return [line["world"] for line in map(json.loads, log.splitlines()) if line["event"] == "start"]


class Program:
    """A program of ours that runs beside the demo; its lines of standard output are taken as they come."""

    def __init__(self, argv, environment, log, on_line=None):
        self.log = open(log, "ab")
        self.process = subprocess.Popen([str(word) for word in argv], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.lines = []
        self.thread = threading.Thread(target=self._read, args=(on_line,))
        self.thread.start()

    def _read(self, on_line):
        for line in self.process.stdout:
            self.lines.append(line)
            if on_line:
                on_line(line)

    def kill(self, number):
        self.process.send_signal(number)

    def finish(self, seconds=20):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.thread.join()
        self.log.close()
        return code


class Live:
    """What the meter says, a line at a time."""

    def __init__(self):
        self.summary = None
        self.shown_at = 0.0

    def __call__(self, line):
        reading = json.loads(line)
        if "summary" in reading:
            self.summary = reading["summary"]
        elif reading["peak"] and time.monotonic() - self.shown_at >= 0.5:
            self.shown_at = time.monotonic()
            level = reading["peak"][0]
            bar = "#" * max(0, min(40, int((60 + level) * 2 / 3))) if level is not None else ""
            delay = "" if reading["delay_ms"] is None else f"delay {reading['delay_ms']:6.1f} ms"
            say(f"  frame {reading['index']:>8}  |{bar:<40}| {'-inf' if level is None else f'{level:6.1f}'} dBFS  {delay}")


def check_recording(card, recorded, record, checks):
    """Holds the recording against what the card played, run by run; gives the true and the told extent of the gap."""
    first = record["first_index"]
    gaps = [gap for gap in record["gaps"] if gap["reason"] == "restart"]
    starts = card.starts()
    if len(gaps) != 1 or len(starts) != 2:
        checks.append((False, f"one gap for one restart ({len(gaps)} told, {len(starts)} runs of capture)"))
        return
    begin, end = gaps[0]["begin"], gaps[0]["end"]
    # Frame 0 of the stream is the first that the card delivered; after the gap capture goes on at the second start.
    before = recorded[:begin - first]
    after = recorded[end - first:]
    checks.append((list(before) == card.played(starts[0] + first, len(before)),
                   f"{len(before)} frames before the kill equal what was played, bit for bit"))
    checks.append((list(after) == card.played(starts[1], len(after)),
                   f"{len(after)} frames after the restart equal what was played, bit for bit"))
    checks.append((not any(recorded[begin - first:end - first]), "the gap in between is silence"))
    told, true = end - begin, starts[1] - (starts[0] + begin)
    checks.append((abs(told - true) <= GAP_TOLERANCE_FRAMES,
                   f"the gap is told as {told} frames ({told / RATE * 1000:.1f} ms); in truth {true} were played while "
                   f"the daemon was dead (allowed to differ: {GAP_TOLERANCE_FRAMES})"))


def read_recording(path, record, checks):
    """The samples of a 16-bit mono WAV file; Python's own module does not know the extensible header."""
    raw = path.read_bytes()
    at = 12
    while raw[at:at + 4] != b"data":
        at += 8 + int.from_bytes(raw[at + 4:at + 8], "little")
    samples = raw[at + 8:at + 8 + int.from_bytes(raw[at + 4:at + 8], "little")]
    checks.append((len(samples) == 2 * record["frames"],
                   f"the file has all {record['frames']} frames that the recorder counted"))
    return memoryview(samples).cast("h")


def align(build, environment, checks):
    """The last second of both streams as one table, a row every 250 ms."""
    table = subprocess.run([build / "consumers/shm", "align", f"{SYSTEM}/cpu", STREAM, "--every", "250ms", "--since", "-1.2s",
                            "--until", "-200ms"], env=environment, capture_output=True, text=True, check=False)
    rows = [line.split(",") for line in table.stdout.splitlines()]
    if len(rows) < 2:
        checks.append((False, f"shm align gives a table: {table.stderr.strip()}"))
        return
    wanted = [rows[0].index(name) for name in ("time", f"{SYSTEM}/cpu.user", f"{SYSTEM}/cpu.idle", f"{STREAM}[0]")]
    say("== shm align: what the processor did, and the sample that was captured then")
    for row in rows:
        say("  " + "  ".join(f"{row[column]:>30.30}" if column == 0 else f"{row[column]:>22.22}" for column in wanted))
    checks.append((len(rows) == 5 and all(all(row) for row in rows), "a second of both streams, aligned every 250 ms"))


def run(build, directory, seconds):
    checks = []
    environment = dict(os.environ, LIBSHM_DIR=str(directory / "streams"))
    card = None
    if has_capture_device():
        device = "default"
        say("== capturing from the default device of this machine")
    else:
        card = SimulatedCard(build, directory)
        device = "simulated"
        environment["ALSA_CONFIG_PATH"] = str(card.config)
        say(f"== no capture device here: a simulated sound card plays {len(card.samples) / RATE:.1f} s of recordings "
            f"from {SOUNDS}, over and over")
    log = directory / "log"
    capture = [build / "producers/alsa/shm-alsa", STREAM, "--device", device, "--rate", str(RATE), "--channels", "1",
               "--format", "S16_LE"]
    live = Live()
    programs = []

    def start(argv, on_line=None):
        programs.append(Program(argv, environment, log, on_line))
        return programs[-1]

    try:
        say("== shm-alsa captures into the stream; shm-meter and shm-record read it")
        daemon = start(capture)
        system = start([build / "producers/system/shm-system", SYSTEM, "--only", "cpu", "--rate", "20"])
        meter = start([build / "consumers/shm-meter", STREAM, "--json", "--wait", "10"], live)
        file = directory / "recording.wav"
        recorder = start([build / "consumers/shm-record", STREAM, file, "--json", "--wait", "10"])
        time.sleep(seconds / 2)
        say("== the daemon is killed (SIGKILL), and started again a little later")
        daemon.kill(signal.SIGKILL)
        daemon.finish()
        time.sleep(0.7)
        daemon = start(capture)
        time.sleep(seconds / 2)
        info = json.loads(subprocess.run([build / "consumers/shm", "info", STREAM, "--json"], env=environment,
                                         capture_output=True, text=True, check=True).stdout)
        for reader in info["readers"]:
            say(f"  reader {reader['program']} (process {reader['pid']}): at frame {reader['cursor']}, "
                f"lost {reader['lost_items']}")
        align(build, environment, checks)
        say("== the daemons are stopped: the streams end, and with them their readers")
        daemon.kill(signal.SIGTERM)
        system.kill(signal.SIGTERM)
        codes = {"shm-alsa": daemon.finish(), "shm-system": system.finish(), "shm-record": recorder.finish(), "shm-meter": meter.finish()}
    finally:
        for program in programs:
            if program.process.poll() is None:
                program.kill(signal.SIGKILL)
                program.finish()

    for name, code in codes.items():
        checks.append((code == 0, f"{name} ended well (exit code {code})"))
    if any(codes.values()) or live.summary is None:
        say(log.read_text())
        return report(checks)
    record = json.loads(recorder.lines[-1])
    recorded = read_recording(file, record, checks)
    if card:
        check_recording(card, recorded, record, checks)
    meter_said = live.summary
    gap_frames = record["gap_frames"]
    delay = meter_said["delay_ms"]
    say("")
    say("== summary")
    say(f"recording began at      {record['began']}   (to {record['began_uncertainty_ns'] / 1e6:.3f} ms)")
    say(f"frames in the stream    {record['end_index']:>9}   of which {gap_frames} are silence for what was lost while "
        f"the daemon was dead")
    say(f"frames captured         {record['end_index'] - gap_frames:>9}   (up to where the recording ends)")
    say(f"shm-record read         {record['frames'] - record['filled_frames']:>9}   lost {record['lost_frames']}   "
        f"from frame {record['first_index']} on")
    say(f"shm-meter read          {meter_said['frames_read']:>9}   lost {meter_said['frames_lost']}")
    say(f"capture to display      p50 {delay['p50']} ms, p90 {delay['p90']} ms, p99 {delay['p99']} ms")
    checks.append((record["began"] is not None, "the recording says when it began"))
    checks.append((record["lost_frames"] == 0, "shm-record lost nothing"))
    checks.append((meter_said["frames_lost"] == 0, "shm-meter lost nothing"))
    checks.append((not list((directory / "streams").rglob("*.stream")), "no stream is left behind"))
    return report(checks)


def report(checks):
    say("")
    for good, what in checks:
        say(f"{'  yes' if good else '   NO'}  {what}")
    if all(good for good, _ in checks):
        say("\nAll of it holds.")
        return 0
    say("\nIt does not hold.")
    return 1


def main():
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__.split("\n\n", maxsplit=1)[1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=10, help="how long to capture (default: 10)")
    arguments = parser.parse_args()
    if arguments.seconds < 2:
        parser.error("--seconds: at least 2")
    base = "/dev/shm" if os.path.isdir("/dev/shm") else None
    directory = pathlib.Path(tempfile.mkdtemp(prefix="libshm-demo-", dir=base))
    try:
        return run(arguments.build.resolve(), directory, arguments.seconds)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
