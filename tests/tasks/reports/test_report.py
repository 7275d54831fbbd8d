from __future__ import annotations

from pathlib import Path

from PIL import Image

from tasks.reports.report import report_page


def test_the_card_is_a_page_whose_pictures_lie_in_it_and_whose_markup_is_text(tmp_path: Path) -> None:
    Image.new("RGB", (20, 10)).save(tmp_path / "learning_curves.png")
    card = "# <coffee>: promoted\n\n| head | value |\n|---|--:|\n| <script>alert(1)</script> | 0.9 |"
    page = report_page("<coffee>", card, [tmp_path / "learning_curves.png"])
    assert "<h1>&lt;coffee&gt;: promoted</h1>" in page
    assert "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>" in page and "<script" not in page
    assert 'alt="learning curves" src="data:image/png;base64,iVBOR' in page
    assert "http" not in page, "nothing is fetched from elsewhere"
