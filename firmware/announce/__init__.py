"""Telling the office's network that the box is here: mDNS, and phones' Plug and Play.

A process of its own: what it hears comes from anybody, and nothing of it reaches a call.
"""
