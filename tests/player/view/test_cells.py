"""What stands in the cells of a run."""

from __future__ import annotations

import pytest

from player.screen.values import DEFAULT_STYLE, Run
from player.view.cells import clip, clusters, is_even

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("cells", "even"),
    [
        ([("a", 1), ("\u2502", 1), ("\u00f6", 1)], True),
        ([("\u2764\ufe0f", 2)], False),
        ([("\U0001f1e9\U0001f1ea", 2), ("x", 1)], False),
        ([("e\u0301", 1), ("\u65e5", 2)], False),
        ([(FAMILY, 2), ("\u65e5", 2), ("\u672c", 2), ("\u8a9e", 2)], False),
    ],
)
def test_as_many_characters_as_columns_need_not_be_one_in_each(
    cells: list[tuple[str, int]], *, even: bool
) -> None:
    run = Run("".join(text for text, _ in cells), sum(cols for _, cols in cells), DEFAULT_STYLE)
    assert len(run.text) == run.cols
    assert clusters(run) == cells
    assert is_even(run) is even
    first, cols = cells[0]
    assert clip((run,), 0, cols)[0].text == first
