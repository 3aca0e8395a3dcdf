"""The scheduler beside many nodes: what it remembers of them, and when it looks again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from app.demo.api.kinds import NODES, PODS
from app.demo.controllers.scheduler import obstacle
from tests.demo.film.things import pod, pod_spec
from tests.demo.film.worlds import NAMESPACE, Theatre, empty

if TYPE_CHECKING:
    from types import FrameType

    from app.demo.api.kinds import Json

COUNT = 12


def machines() -> Theatre:
    """A cluster of twelve nodes."""
    theatre = empty()
    stage = theatre.world.stage
    for number in range(1, COUNT):
        stage.kubelets.add(stage.new_node(f"node-{number}", number, 100))
    theatre.play(1.0)
    return theatre


def place(theatre: Theatre, name: str, **fields: Any) -> str | None:
    """The node of a new pod."""
    theatre.person.create(PODS, pod(name, pod_spec(**fields)))
    theatre.play(0.25)
    found = theatre.one(PODS, name)
    assert found is not None
    node: str | None = found["spec"].get("nodeName")
    return node


def test_equal_pods_are_placed_without_a_look_at_every_node() -> None:
    theatre = machines()
    looks = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal looks
        looks += event == "call" and frame.f_code is obstacle.__code__

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        places = {place(theatre, f"p-{number}") for number in range(40)}
    finally:
        sys.setprofile(before)
    assert None not in places
    assert len(places) > COUNT / 2
    assert 0 < looks <= 2 * COUNT


TAINT = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("change", "wish"),
    [
        pytest.param({"spec": {"unschedulable": True}}, {}, id="cordoned"),
        pytest.param({"spec": {"taints": [TAINT]}}, {}, id="tainted"),
        pytest.param(
            {"metadata": {"labels": {"zone": "b"}}}, {"nodeSelector": {"zone": "a"}}, id="labelled"
        ),
    ],
)
def test_a_changed_node_is_looked_at_again(change: Json, wish: Json) -> None:
    theatre = machines()
    for number in range(COUNT):
        labels = {"metadata": {"labels": {"zone": "a"}}}
        theatre.person.patch(NODES, "", f"node-{number}", labels)
    assert place(theatre, "before", **wish) is not None
    for number in range(COUNT - 1):
        theatre.person.patch(NODES, "", f"node-{number}", change)
        left = {f"node-{other}" for other in range(number + 1, COUNT)}
        assert place(theatre, f"p-{number}", **wish) in left
    # Another pod asks for something else.
    tolerant = {"nodeSelector": {"zone": "b"}, "tolerations": [{"operator": "Exists"}]}
    expected = {f"node-{number}" for number in range(COUNT - 1)} if "metadata" in change else {None}
    assert place(theatre, "other", **tolerant) in expected


def test_nodes_come_and_go() -> None:
    theatre = machines()
    for number in range(COUNT):
        theatre.person.delete(NODES, "", f"node-{number}")
    assert place(theatre, "p") is None
    assert theatre.events("p")[0][:2] == ("FailedScheduling", "no nodes available to schedule pods")
    stage = theatre.world.stage
    stage.kubelets.add(stage.new_node("new", COUNT, 100))
    theatre.play(1.0)
    found = theatre.one(PODS, "p")
    assert found is not None
    assert found["spec"]["nodeName"] == "new"


def test_pods_that_ask_for_ever_other_things_are_placed_too() -> None:
    theatre = machines()
    for number in range(300):
        wish = [{"key": f"key-{number}", "operator": "Exists"}]
        theatre.person.create(PODS, pod(f"p-{number}", pod_spec(tolerations=wish)))
    theatre.play(1.0)
    assert all(one["spec"].get("nodeName") for one in theatre.person.list(PODS, NAMESPACE))
