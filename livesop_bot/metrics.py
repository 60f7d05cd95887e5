"""What LiveSOP counts and times, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5)
_SLOW = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 25, 30)


class Metrics:
    """One process's instruments, on a registry of their own so that two apps never share any.

    All times are in seconds.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, CPU time, open files
        self.events = Counter(
            "livesop_events",
            "Slack envelopes by type and by what became of them.",
            ["type", "outcome"],
            registry=self.registry,
        )
        self.duplicates = Counter(
            "livesop_duplicates",
            "Events that had been stored before, by Slack's retry reason ('none': no retry).",
            ["retry_reason"],
            registry=self.registry,
        )
        self.ack_seconds = Histogram(
            "livesop_ack_seconds",
            "From the arrival of an events_api envelope to its ack.",
            buckets=_FAST,
            registry=self.registry,
        )
        self.store_seconds = Histogram(
            "livesop_store_seconds",
            "From the arrival of a message to its commit in PostgreSQL.",
            buckets=_FAST,
            registry=self.registry,
        )
        self.evaluations = Counter(
            "livesop_evaluations",
            "Evaluations by the reason of their decision.",
            ["outcome"],
            registry=self.registry,
        )
        self.evaluation_seconds = Histogram(
            "livesop_evaluation_seconds",
            "Time an evaluator took.",
            ["evaluator"],
            buckets=_SLOW,
            registry=self.registry,
        )
        self.evaluation_timeouts = Counter(
            "livesop_evaluation_timeouts",
            "Evaluations stopped at LIVESOP_EVALUATION_TIMEOUT.",
            registry=self.registry,
        )
        self.evaluation_tiers = Counter(
            "livesop_evaluations_by_tier",
            "Evaluations by who judged: local (never sent to a model), model, stand_in.",
            ["tier"],
            registry=self.registry,
        )
        self.reused_judgements = Counter(
            "livesop_reused_judgements",
            "Judgements of a model that were used again for the same text.",
            registry=self.registry,
        )
        self.model_tokens = Counter(
            "livesop_model_tokens",
            "Tokens that models took, by kind (prompt, completion, embedding).",
            ["kind"],
            registry=self.registry,
        )
        self.model_cost = Counter(
            "livesop_model_cost_usd",
            "What those tokens cost by list price, in US dollars.",
            registry=self.registry,
        )
        self.model_usable = Gauge(
            "livesop_model_usable",
            "1 while the model is asked, 0 while it is away or its budget spent; NaN: not used.",
            registry=self.registry,
        )
        self.abandoned_threads = Gauge(
            "livesop_abandoned_evaluator_threads",
            "Threads of blocking evaluators that outlived their time-out and still run.",
            registry=self.registry,
        )
        self.posts = Counter(
            "livesop_posts",
            "Thread messages by outcome (posted, found, updated, reminded, retried, failed, …).",
            ["outcome"],
            registry=self.registry,
        )
        self.actions = Counter(
            "livesop_actions",
            "Tries at actions by outcome (done, delayed, in_doubt, withheld, failed, unknown).",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self.queue_depth = Gauge(
            "livesop_queue_depth", "Jobs waiting or being worked on.", registry=self.registry
        )
        self.queue_age_seconds = Gauge(
            "livesop_queue_oldest_job_seconds",
            "Age of the oldest job that is due and waiting.",
            registry=self.registry,
        )
        self.queue_failed_jobs = Gauge(
            "livesop_queue_failed_jobs",
            "Jobs that failed and rest until they are tried again.",
            registry=self.registry,
        )
        self.sockets = Gauge(
            "livesop_slack_sockets", "Socket Mode connections that are up.", registry=self.registry
        )
        self.sockets_wanted = Gauge(
            "livesop_slack_sockets_wanted",
            "Socket Mode connections that there should be.",
            registry=self.registry,
        )
        self.database_up = Gauge(
            "livesop_database_up",
            "1 if PostgreSQL answered the last look, else 0.",
            registry=self.registry,
        )
        self.reconnects = Counter(
            "livesop_slack_reconnects",
            "Connections opened again, by cause (refresh, lost, wedged).",
            ["cause"],
            registry=self.registry,
        )
        self.buffer = Gauge(
            "livesop_store_buffer_events",
            "Events waiting in memory for their group commit.",
            registry=self.registry,
        )
        self.spool_events = Gauge(
            "livesop_spool_events",
            "Events on disk, waiting for PostgreSQL.",
            registry=self.registry,
        )
        self.spool_bytes = Gauge(
            "livesop_spool_bytes", "Size of the spool on disk.", registry=self.registry
        )
        self.spool_stuck = Gauge(
            "livesop_spool_stuck_files",
            "Spool files that cannot be read or removed.",
            registry=self.registry,
        )
        self.spooled = Counter(
            "livesop_spooled_events",
            "Events that went to the spool, by outcome (kept, refused, replayed, rejected).",
            ["outcome"],
            registry=self.registry,
        )
        # Prometheus sees an increase only from a value that it has seen: an alert on the first
        # failure needs the 0 before it.
        self.posts.labels("failed")
        for outcome in ("kept", "refused", "replayed", "rejected"):
            self.spooled.labels(outcome)
        self.loop_lag_seconds = Gauge(
            "livesop_event_loop_lag_seconds",
            "How late the event loop ran its last heartbeat.",
            registry=self.registry,
        )


def total(counter: Counter, **labels: str) -> int:
    """How far a counter has come, over all of its labels that are not named."""
    return round(
        sum(
            sample.value
            for metric in counter.collect()
            for sample in metric.samples
            if sample.name.endswith("_total") and labels.items() <= sample.labels.items()
        )
    )
