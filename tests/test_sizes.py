from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bench.sizes import Point, draw, front
from deploy.evaluation.transfer import Estimate

points = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.builds(lambda size, share: Point(size, Estimate(share, share, share)), st.integers(1, 5), st.integers(0, 5)),
    min_size=1,
)


@given(points=points)
def test_the_front_has_what_nothing_of_its_size_or_less_reaches_and_no_more(points: dict[str, Point]) -> None:
    found = front(points)
    for name, point in points.items():
        rivals = [other for other in points.values() if other.megabytes <= point.megabytes and other is not point]
        beaten = any(other.share.value > point.share.value for other in rivals)
        level = any(other.share.value == point.share.value for other in rivals)
        assert not (name in found and beaten)
        assert name in found or beaten or level
    shares = [points[name].share.value for name in found]
    assert shares == sorted(set(shares))


def test_a_picture_has_all_points(tmp_path: Path) -> None:
    some = {"small": Point(1.8, Estimate(0.85, 0.82, 0.87)), "large": Point(109, Estimate(0.9, 0.88, 0.93))}
    draw("SNIPS", "bundle", "test sentences right", some, tmp_path / "sizes.png")
    assert (tmp_path / "sizes.png").read_bytes().startswith(b"\x89PNG")
