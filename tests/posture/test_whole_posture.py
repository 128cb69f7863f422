"""A posture as a whole."""

from __future__ import annotations

import copy
import pickle

import pytest

from prodready_constructs.posture import PRODUCTION


@pytest.mark.control("LIB-2")
def test_whoever_hands_over_the_whole_is_told_which_slice_is_meant() -> None:
    message = r"^a whole posture has no page_on_critical: a construct takes one slice of it, here posture=PRODUCTION\.monitoring$"
    with pytest.raises(AttributeError, match=message):
        _ = PRODUCTION.page_on_critical  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"here posture=PRODUCTION\.bastion or PRODUCTION\.database or"):
        _ = PRODUCTION.log_retention  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"^a whole posture has no such_thing$"):
        _ = PRODUCTION.such_thing  # type: ignore[attr-defined]


def test_it_can_be_copied() -> None:
    assert copy.deepcopy(PRODUCTION) == PRODUCTION
    assert pickle.loads(pickle.dumps(PRODUCTION)) == PRODUCTION
