"""Metrics: one registry, rendered in the text format."""

from prometheus_client.parser import text_string_to_metric_families

from unifier import metrics


def test_every_metric_is_rendered_with_its_help_and_the_products_prefix() -> None:
    families = list(text_string_to_metric_families(metrics.render().decode()))
    assert {"unifier_events", "unifier_capped", "unifier_batch_seconds", "unifier_lag"} <= {
        family.name for family in families
    }
    for family in families:
        assert family.name.startswith("unifier_")
        assert family.documentation.endswith(".")


def test_a_count_is_read_back_under_the_name_it_was_declared_by() -> None:
    labels = {"structure": "component"}
    before = metrics.REGISTRY.get_sample_value("unifier_capped_total", labels) or 0.0
    metrics.capped_total.labels("component").inc(3)
    assert metrics.REGISTRY.get_sample_value("unifier_capped_total", labels) == before + 3
