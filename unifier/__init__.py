"""Streaming omnichannel customer profiles: identities matched in the stream, every merge reversible."""

__version__ = "0.1.0"
