"""A name server for one proof: every name is 127.0.0.1. Started with the address to listen on."""

import fcntl
import socket
import struct
import sys


def loopback_up():
    """In a network namespace of its own the loopback is down at first; its owner may change that."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, 0x8913, request))[1]  # SIOCGIFFLAGS
        if not flags & 1:  # IFF_UP
            fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", flags | 1))  # SIOCSIFFLAGS


def answer(query):
    """RFC 1035, 4.1: the header, the question again, and for an A record one address."""
    end = 12
    while query[end]:
        end += query[end] + 1
    question = query[12 : end + 5]
    is_address = struct.unpack(">H", question[-4:-2])[0] == 1
    header = query[:2] + struct.pack(">HHHHH", 0x8580, 1, int(is_address), 0, 0)
    record = b"\xc0\x0c" + struct.pack(">HHIH4B", 1, 1, 60, 4, 127, 0, 0, 1) if is_address else b""
    return header + question + record


def main():
    loopback_up()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], 53))
    print("ready", flush=True)
    while True:
        query, client = server.recvfrom(512)
        try:
            server.sendto(answer(query), client)
        except IndexError:
            pass  # No question in it.


main()
