"""Asking a server over HTTP: what is sent and read, what each fault leads to, and how many requests are in flight.

endpoint   where it is, key, proxy               lane       all requests to one address
chat       what is sent and what is read         transport  one request over the wire
faults     what each failure leads to            failure    a failure in words, and the setting to change
said       what the body of an error says        left_out   parameters that a server does not accept
pace, turns  how many at once                    outbox     answers on their way to the reader
patience   what is asked next, when to give up   limits     how much a server can send
room       how many connections this process can have
sending    the thread that asks, and its end in order
listing    which models a server serves
"""
