# SPDX-License-Identifier: Apache-2.0
"""An asyncio loop that waits for a descriptor of the C++ part, which takes the items: asyncio_test.cpp.

The argument is the number of a socket to the C++ part, through which the descriptor comes. Each time that the descriptor is
readable, the script sends "readable" and waits for the reply, as for a call of a function: the result of rearm(). To "look"
it replies "looked".
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
        # This runs after the calls for all other descriptors that select() returned with this one.
        loop.call_soon(cpp.send, b"looked")

    loop.add_reader(ready, on_ready)
    loop.add_reader(cpp, on_question)
    loop.run_forever()
    loop.close()


main()
