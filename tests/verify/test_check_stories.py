"""Every check holds in a story that goes well, and fails in one that does not, by the reason it gives."""

from __future__ import annotations

import pytest
from verify_bonds import BOND_STORIES
from verify_facts import Story, concluded
from verify_lease_stories import LEASE_STORIES
from verify_stories import STORIES

from labgen.verify.judgement import Outcome

EVERY = (*STORIES, *LEASE_STORIES, *BOND_STORIES)


@pytest.mark.parametrize("story", EVERY, ids=lambda story: story.check)
def test_a_check_holds_where_all_goes_well(story: Story) -> None:
    found = concluded(story.check, story.key, story.holds().facts())
    assert found.outcome is Outcome.PASS, (found.expected, found.observed, found.hint)


@pytest.mark.parametrize("story", EVERY, ids=lambda story: story.check)
def test_a_check_fails_where_that_breaks_and_says_why(story: Story) -> None:
    found = concluded(story.check, story.key, story.breaks().facts())
    assert found.outcome is Outcome.FAIL, (found.expected, found.observed, found.hint)
    assert story.words in found.observed
    assert story.words not in concluded(story.check, story.key, story.holds().facts()).observed
