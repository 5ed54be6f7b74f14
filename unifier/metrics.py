"""Every metric that the service exposes, declared in one place.

Labels carry names that the operator or this code chose (topics, reasons, models), never a value that a
publisher sent: no personal data, and a bounded number of series.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

# An own registry: the default one is shared with every library in the process, and Faust registers there.
REGISTRY = CollectorRegistry()


def _counter(name: str, help_text: str, *labels: str) -> Counter:
    return Counter(name, help_text, labels, namespace="unifier", registry=REGISTRY)


def _gauge(name: str, help_text: str, *labels: str) -> Gauge:
    return Gauge(name, help_text, labels, namespace="unifier", registry=REGISTRY)


def _histogram(name: str, help_text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(name, help_text, labels, namespace="unifier", registry=REGISTRY, buckets=buckets)


# --- What came in ----------------------------------------------------------------------------------------
events_total = _counter(
    "events_total", "Records worked off, by the input they came by: online, pos, crm, control.", "source"
)
dead_letters_total = _counter(
    "dead_letters_total", "Records that could not be read, by input topic and reason.", "topic", "reason"
)
duplicates_total = _counter("duplicates_total", "Events that had been counted before and were not again.")
events_of_erased_total = _counter(
    "events_of_erased_total",
    "Events of the time up to an erasure, late or told again, that were not taken in.",
)
lag = _gauge(
    "lag", "Records of an input topic that are not worked off yet, in the partitions of this worker.", "topic"
)

# --- What was decided ------------------------------------------------------------------------------------
merges_total = _counter("merges_total", "Profiles that became one with another.")
splits_total = _counter("splits_total", "Profiles that fell apart into several.")
erased_total = _counter("erased_total", "Profiles that were erased.")
expired_total = _counter(
    "expired_total", "Profiles of which nothing was heard for as long as [retention] says, and so forgotten."
)
read_until_seconds = _gauge(
    "read_until_seconds",
    "Unix time up to which all that was published is read, if there is a rule on retention: nobody is"
    " forgotten for a silence that lasts beyond it.",
)
dead_letters_redacted_total = _counter(
    "dead_letters_redacted_total", "Dead letters that lost the record, since its person was erased."
)
dead_letters_unopened_total = _counter(
    "dead_letters_unopened_total",
    "Dead letters that an erasure could not look into: they are sealed with a data key that is not given.",
)
reviews_total = _counter("reviews_total", "Doubtful decisions handed to a steward.")
components_in_review = _gauge(
    "components_in_review", "Components about which a steward is asked, in owned shards."
)
words_refused_total = _counter(
    "words_refused_total", "Words of stewards that a rule or a newer word kept from having any effect."
)
transitions_total = _counter("transitions_total", "Changes of journey phase.", "model", "to")
timers_fired_total = _counter("timers_fired_total", "Changes of journey phase by a timer alone.")

# --- By which rules ---------------------------------------------------------------------------------------
rules_taken_up_total = _counter("rules_taken_up_total", "Changes of the rules or model file put in force.")
rules_refused_total = _counter(
    "rules_refused_total", "Changed rules or model files that could not be used; those before stay in force."
)
people_known = _gauge(
    "people_known",
    "Profiles that have a name or an identifier of a person, about; told by the one worker that counts,"
    " 0 by the others.",
)
components_behind = _gauge(
    "components_behind",
    "Components that are yet to be worked out anew after a change of rules or model; told by the one worker"
    " that does it, 0 by the others.",
)

# --- What was written ------------------------------------------------------------------------------------
commits_total = _counter("commits_total", "Components written to Redis.")
lost_races_total = _counter(
    "lost_races_total", "Components that another writer had changed meanwhile; they were folded again."
)
unreplicated_total = _counter(
    "unreplicated_total", "Writes that no replica confirmed in time; they were done again."
)
capped_total = _counter(
    "capped_total",
    "Times that a bounded structure was full. Index entries by kind of key: shared:TYPE, block:KIND.",
    "structure",
)
# From a till alone at night (one event, a millisecond) to a full batch on a busy Redis (seconds).
batch_seconds = _histogram(
    "batch_seconds",
    "Seconds that a batch is worked on, until Redis and the dead-letter topic have all of it.",
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
batch_events = _histogram(
    "batch_events", "Records in a batch.", (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 5_000)
)

# --- What went out ---------------------------------------------------------------------------------------
outbox_published_total = _counter("outbox_published_total", "Effects published and confirmed by the broker.")
snapshots_total = _counter(
    "snapshots_total", "Profiles published to the compacted topic; its tombstones are effects."
)
transactions_ended_again_total = _counter(
    "transactions_ended_again_total", "Confirmed transactions that readers could not see before a second end."
)
relay_lag_entries = _gauge("relay_lag_entries", "Effects stored but not yet published, in owned shards.")

# --- Who read --------------------------------------------------------------------------------------------
api_requests_total = _counter(
    "api_requests_total", "HTTP requests answered, by route template and status.", "route", "status"
)
api_seconds = _histogram(
    "api_seconds",
    "Seconds to answer an HTTP request.",
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)


def capped() -> dict[str, int]:
    """Structure → how often it was full, of those that were."""
    samples = [sample for metric in capped_total.collect() for sample in metric.samples]
    return {s.labels["structure"]: int(s.value) for s in samples if s.name.endswith("_total") and s.value}


def render() -> bytes:
    """All metrics in the Prometheus text format, UTF-8."""
    return generate_latest(REGISTRY)
