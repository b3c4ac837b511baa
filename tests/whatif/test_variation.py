"""Named edits of a study."""

from small_studies import small_study

from siting.whatif.variation import Variation


def test_edits_make_another_study_and_leave_the_first(tmp_path):
    """A later date is in the study that the variation makes, the first one keeps its own."""
    study = small_study(tmp_path)
    later = Variation(name="half a year later", edits={"clusters.0.by": "2026-Q2"}).of(study)
    assert (later.clusters[0].by - study.clusters[0].by, later.path) == (2, study.path)
