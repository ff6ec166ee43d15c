"""Lines leave whole, whatever happens while they are written."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from decimal import Decimal
from io import BytesIO

from singer_sdk.singerlib.encoding.simple import RecordMessage, StateMessage

from tap_toolkit.writer import BufferedWriter

PROGRAM = """
import signal, sys
from tap_toolkit.writer import BufferedWriter
writer = BufferedWriter()
signal.signal(signal.SIGTERM, lambda number, frame: writer.leave(143))
print("ready", file=sys.stderr, flush=True)
try:
    for number in range(10**6):
        writer.write_line(b'{"line":"%s"}\\n' % (b"x" * 1000))
finally:
    writer.flush()
"""


def test_a_record_waits_until_a_state_passes() -> None:
    out = BytesIO()
    writer = BufferedWriter(out)
    writer.write_message(RecordMessage("orders", {"money": Decimal("199.10")}))
    assert out.getvalue() == b""
    writer.write_message(StateMessage({"bookmarks": {}}))
    assert out.getvalue() == (
        b'{"type":"RECORD","stream":"orders","record":{"money":199.10}}\n{"type":"STATE","value":{"bookmarks":{}}}\n'
    )


def test_a_signal_in_the_middle_of_a_write_leaves_no_half_line() -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr
        process.stderr.readline()
        time.sleep(0.5)  # nobody reads: the process is stuck in its first write
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 143
    assert err == b""
    assert out.endswith(b'"}\n')
    assert len(out) > 1 << 20


def test_a_second_signal_does_not_wait_for_a_reader() -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr
        process.stderr.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 143
