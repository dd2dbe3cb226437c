# SPDX-License-Identifier: Apache-2.0
"""An asyncio loop that waits for a descriptor which C++ made, and has C++ take what there is: asyncio_test.cpp.

Started with the number of a socket to the C++ part, through which the descriptor comes. Each time that the descriptor is
readable it says "readable" there, and waits for the answer, as for a call of a function: what rearm() said. Asked "look" it
says "looked".
"""

import asyncio
import socket
import sys


def main():
    cpp = socket.socket(fileno=int(sys.argv[1]))
    _, descriptors, _, _ = socket.recv_fds(cpp, 16, 1)
    ready = descriptors[0]
    loop = asyncio.new_event_loop()

    def on_ready():
        cpp.send(b"readable")
        if cpp.recv(16) == b"ended":
            loop.remove_reader(ready)
            loop.stop()

    def on_question():
        if cpp.recv(16) != b"look":
            return loop.stop()  # the C++ part went
        # After all that select() said together with the question.
        loop.call_soon(cpp.send, b"looked")

    loop.add_reader(ready, on_ready)
    loop.add_reader(cpp, on_question)
    loop.run_forever()
    loop.close()


main()
