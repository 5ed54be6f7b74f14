"""Where things are in Redis. Each key starts with its shard as hash tag: the slot of a cluster.

    {s}:c:F     home of fragment F, 12 raw bytes:
                  "L" version blob   the component that F founded, live; but for the form the blob is
                                     compressed (wrapping.py), and may be sealed (seal.py), as the effects in
                                     the outbox may be
                  "P" R              signpost: F is in the component founded by R
                  "F" R id L…        on a cluster: frozen, on its way into the component that is R's; the id
                                     of the last entry of its outbox, and what it was
    {s}:i:B     bucket B of the index, a hash: 8 bytes of the key's hash → entry
                  entry = flag, then 13 bytes a holder: fragment and person mark; flag 1: shared;
                  flag 2: somebody who had the value was erased up to a time, 15 digits that follow;
                  tombs, holders of zeros, keep the count of those seen with it
    {s}:out     outbox, a stream: "e" effects of one commit; "b" barrier: wait for another shard's
                outbox; "m" a component moved to another shard
    {s}:dirty   set of components whose snapshots are due
    {s}:timers  sorted set: component by the time of its next timer, milliseconds
    {s}:reviews sorted set: components about which a steward is asked, the greatest doubt last
    {s}:token   fence of the shard's relay, a counter
    {s}:todo    sorted set: frozen components by when that was, milliseconds
    {s}:gone:F  up to when fragment F was erased, 15 digits, if some of its index entries are in this shard;
                for a day, so that nobody enters it again who had begun to before
    {0}:request:H    a privacy request (requests.py), H the hash of its id in hex: whoever gives the command
                     chooses the id
    {0}:unredacted   set of requests for which the dead letters are still to be looked through
    {s}:sure    written last, when replicas are to confirm what was read and written before
    {0}:forms   sorted set: rules and model that components may be of, in hex, by when a worker last used
                them, milliseconds
    {0}:stamp   by what all this is filled (stamp.py): JSON of layout, shards, prefix of
                the topics, a hash of the secret
    {0}:seals   sorted set: keys that what is stored may be sealed with, by name in hex, as in forms
    {0}:people  hash: "known", people by the last count; "model", for how many the model is made fit
    {0}:behind  how many components were of others when that was last counted; not there: none
    {0}:capped  hash: bounded structure → how often it was full
    {0}:journey:D  hash: counts of journeys of day D from 1970, or, D being 0, of now; JSON of what → number
    {0}:journey:D:with  hash: of these, what came with what in one visit, while steps are learnt
    {0}:counted hash: shard → the last entry of its outbox that is in these counts

A version is 12 bytes: a counter and a nonce, so that none ever comes again. Small hashes keep an index
entry near 26 bytes where a key of its own costs 73 (2 shared cores, Valkey 9.1): there are 4,096 buckets
a shard, and the server should allow listpacks of 512 entries.
"""

from hashlib import blake2b

from unifier.profiles.component import FORM_AT, NO_FORM
from unifier.profiles.ids import shard_of

LIVE = b"L"
SIGNPOST = b"P"
FROZEN = b"F"
VERSION_BYTES = 12
HEAD_BYTES = 1 + VERSION_BYTES
CLEAR_BYTES = HEAD_BYTES + FORM_AT + len(NO_FORM)
"""Of a home value, neither compressed nor sealed: whoever walks over all components needs no more."""
FID_BYTES = 12
HOLDER_BYTES = 13
SHARED = 1
ERASED = 2
REFUSED = 3
"""Of the answer to a write, never stored: the holder's events are of the time up to an erasure."""
UNTIL_DIGITS = 15
FOR_EVER = 2**53
"""As time of an index write: whoever is stored was not erased, whatever is no longer taken in of others."""
TOMB = bytes(12)
BUCKETS = 4_096
HOMES = b"{*}:c:*"
"""What the home keys of all shards look like."""
FORMS = b"{0}:forms"
STAMP = b"{0}:stamp"
SEALS = b"{0}:seals"
PEOPLE = b"{0}:people"
BEHIND = b"{0}:behind"
CAPPED = b"{0}:capped"
COUNTED = b"{0}:counted"
UNREDACTED = b"{0}:unredacted"
SURE = b"{0}:sure"


def request_key(request_id: str) -> bytes:
    """What is known of a privacy request."""
    return b"{0}:request:%s" % blake2b(request_id.encode(), digest_size=16).hexdigest().encode()


def pairs_of(day: int) -> bytes:
    """Of a day from 1970, what came with what in one visit."""
    return b"{0}:journey:%d:with" % day


def counts_of(day: int) -> bytes:
    """The counts of journeys of a day from 1970; 0: of now."""
    return b"{0}:journey:%d" % day


class Layout:
    """Key names for a number of shards."""

    def __init__(self, shards: int) -> None:
        self.shards = shards
        self._tags = [f"{{{shard}}}".encode() for shard in range(shards)]

    def shard(self, fid: bytes) -> int:
        """The shard of a fragment's home, and of the component that it founded."""
        return shard_of(fid, self.shards)

    def home(self, fid: bytes) -> bytes:
        """Home key of a fragment."""
        return self.homes(shard_of(fid, self.shards)) + fid

    def homes(self, shard: int) -> bytes:
        """What the home keys of a shard begin with."""
        return self._tags[shard] + b":c:"

    def entry(self, place: bytes) -> tuple[bytes, bytes]:
        """Bucket key and field of an index entry; `place` is the 16-byte hash of its key."""
        bucket = int.from_bytes(place[4:6], "big") % BUCKETS
        return self._tags[shard_of(place, self.shards)] + b":i:" + bucket.to_bytes(2, "big"), place[8:16]

    def gone(self, place: bytes) -> bytes:
        """What the keys begin with that tell which fragments with an index entry there were erased."""
        return self._tags[shard_of(place, self.shards)] + b":gone:"

    def out(self, shard: int) -> bytes:
        """The outbox."""
        return self._tags[shard] + b":out"

    def dirty(self, shard: int) -> bytes:
        """Components whose snapshots are due."""
        return self._tags[shard] + b":dirty"

    def timers(self, shard: int) -> bytes:
        """Components by their next timer."""
        return self._tags[shard] + b":timers"

    def reviews(self, shard: int) -> bytes:
        """Components about which a steward is asked."""
        return self._tags[shard] + b":reviews"

    def token(self, shard: int) -> bytes:
        """The fence of the relay."""
        return self._tags[shard] + b":token"

    def todo(self, shard: int) -> bytes:
        """Components that are frozen."""
        return self._tags[shard] + b":todo"
