from extractors.extraction import ExtractionConfig
from flows.batches import Batch
from flows.workers import WorkerSpec
from tests.flows.faults import clip


def test_prefect_does_not_walk_through_the_words_of_a_batch(tmp_path):
    from prefect.utilities.collections import visit_collection

    visited: list[object] = []

    def visit(expression: object) -> object:
        visited.append(expression)
        return expression

    batch = Batch([clip("a b c"), clip("d e f")], WorkerSpec(tmp_path, ExtractionConfig()))
    visit_collection({"batch": batch}, visit, return_data=True)
    assert len(visited) <= 3 and batch in visited  # the mapping, its key, and the batch as one thing
