"""The tab "Known answers": what the recipient knows, or how to ask it."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.execution.knowing import known_answers_folder
from fusion_core.validation.known_answers import (
    KnownAnswers,
    KnownAnswerSettings,
    learn_rule,
    write_known_answers,
)
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run
from harmony_app.shell.session import Session
from harmony_app.validate.page import ValidatePage
from harmony_app.validate.place import finished_runs
from harmony_app.validate.view.record import read_validated
from harmony_app.validate.view.state import ValidateState


@pytest.fixture
def own_workspace(mapped_workspace, tmp_path) -> Workspace:
    import shutil

    shutil.copytree(mapped_workspace.workspace.path, tmp_path / "own")
    return Workspace.open(tmp_path / "own")


def page_of(workspace, identifier):
    run = open_run(workspace, identifier)
    return ValidatePage(
        Session(workspace, "ann", "light", {}),
        ValidateState(run=run.id, tab="known"),
        read_validated(workspace, run, {}),
        finished_runs(workspace),
        choose_run=lambda _: None,
    )


def known(count=30):
    generator = np.random.default_rng(1)
    parts = []
    for name, own in (("tenure", False), ("rooms", False), ("bedrooms", True)):
        answer = generator.normal(0.6, 0.1, count)
        parts.append(
            pd.DataFrame(
                {
                    "variable": name,
                    "level": "Owner" if name == "tenure" else "",
                    "area": [f"41{place:05d}" for place in range(count)],
                    "households": 100,
                    "fused": 0.6 + 0.3 * (answer - 0.6),
                    "answer": answer,
                    "sampling": 0.0005,
                    "answer_sampling": 0.001,
                    "donor": 0.0002,
                    "unexplained": 0.2,
                    "overall": 0.2,
                    "places": np.nan,
                    "region": -1,
                    "apart": np.nan,
                    "own": own,
                }
            )
        )
    hidden = pd.DataFrame(
        [("rooms", "bedrooms", "says nearly the same (squared correlation 0.71)")],
        columns=["variable", "predictor", "reason"],
    )
    return KnownAnswers(pd.concat(parts, ignore_index=True), hidden)


def test_without_known_answers_the_tab_offers_to_ask(own_workspace, mapped_workspace):
    tab = page_of(own_workspace, mapped_workspace.run).known
    assert "has no known answers yet" in tab.text.object
    assert tab.start.visible
    assert not tab.choice.visible


def test_known_answers_are_said_in_a_sentence_each_and_drawn(own_workspace, mapped_workspace):
    run = open_run(own_workspace, mapped_workspace.run)
    answers = known()
    write_known_answers(
        answers,
        known_answers_folder(run),
        settings=KnownAnswerSettings(),
        rule=learn_rule(answers.areas, "puma"),
    )
    tab = page_of(own_workspace, mapped_workspace.run).known
    assert tab.text.object.count("30 areas lie inside the 90 % margins") == 2
    assert "flattens differences between areas" in tab.text.object
    assert "carry over to other variables" in tab.text.object
    assert not tab.start.visible
    assert list(tab.choice.options) == [
        "tenure: Owner",
        "rooms",
        "bedrooms (only the recipient asked)",
    ]
    assert len(tab.figure) == 1
    assert "squared correlation 0.71" in tab.numbers.object
    assert b"4100029" in tab.download.callback().getvalue()
