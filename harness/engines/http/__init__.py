"""Asking a server over HTTP: what is sent and read, what each fault leads to, and how many requests at once.

lane       all requests to one address        transport  one request over the wire
chat       what is sent and what is read      faults     what each failure leads to
pace, turns  how many at once                 outbox     answers on their way to the reader
listing    which models a server serves
"""
