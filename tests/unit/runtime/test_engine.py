import os
from base64 import b64encode

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from liftveil.errors import LiftveilError, ModelError
from liftveil.runtime import THREADS, engine_version
from liftveil.runtime.engine import PROVIDER, GraphFacts, facts_of, open_graph, run_graph

PLANES = np.zeros((1, 3, 16, 16), np.float32)


def identity_graph(**facts):
    """The content of an ONNX file that gives its input `stego` back."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, None, None]) for name in ("stego", "same")]
    node = helper.make_node("Identity", ["stego"], ["same"])
    model = helper.make_model(
        helper.make_graph([node], "identity", ends[:1], ends[1:]),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=10,
    )
    helper.set_model_props(model, facts)
    onnx.checker.check_model(model)
    return model.SerializeToString()


WHOLE = b64encode(np.eye(48, dtype="<f4").tobytes()).decode()
DAMAGED = {
    "empty": "",
    "cut off": WHOLE[:-4],
    "too short": b64encode(np.eye(47, dtype="<f4").tobytes()).decode(),
    "too long": b64encode(bytes(4 * 48**2 + 4)).decode(),
    "no multiple of four bytes": b64encode(bytes(4 * 48**2 + 1)).decode(),
    "no base64": "!" + WHOLE[1:],
    "a stray character": WHOLE[:8] + "!" + WHOLE[8:],
    "broken padding": WHOLE.rstrip("=") + "A",
    "no ASCII": "ä" + WHOLE[1:],
}.values()


class Broken:
    """A graph whose run fails."""

    def __init__(self, error):
        self.error = error

    def run(self, *_):
        raise self.error


@pytest.mark.parametrize("content", [b"", b"garbage", b"\0" * 1000, identity_graph()[:-20]])
def test_what_is_no_graph_is_refused_in_one_line(content, capfd):
    with pytest.raises(ModelError, match=r"^model mine: its graph cannot be opened \(.+\)$") as refusal:
        open_graph(content, "mine")
    assert refusal.value.model == "mine"
    assert len(str(refusal.value).splitlines()) == 1
    assert capfd.readouterr() == ("", "")


def test_graphs_run_on_the_cpu_alone():
    graph = open_graph(identity_graph(), "mine")
    assert graph.get_providers() == [PROVIDER]
    planes = np.random.default_rng(0).random(PLANES.shape, np.float32)
    np.testing.assert_array_equal(run_graph(graph, {"stego": planes}, "mine"), planes)


def test_graphs_share_their_memory_and_keep_none_for_every_size():
    options = open_graph(identity_graph(), "mine").get_session_options()
    assert options.get_session_config_entry("session.use_env_allocators") == "1"
    assert not options.enable_mem_pattern


class TestThreads:
    def asked_for(self):
        return open_graph(identity_graph(), "mine").get_session_options().intra_op_num_threads

    @pytest.mark.parametrize("number", ["1", "2", "3"])
    def test_are_as_many_as_asked_for(self, monkeypatch, number):
        monkeypatch.setenv(THREADS, number)
        assert self.asked_for() == int(number)

    def test_are_left_to_the_runtime_unless_asked_for(self, monkeypatch):
        monkeypatch.setenv(THREADS, "")
        assert self.asked_for() == 0
        monkeypatch.delenv(THREADS)
        assert self.asked_for() == onnxruntime.SessionOptions().intra_op_num_threads == 0

    @pytest.mark.parametrize("value", ["0", "-1", "1.5", "two", " 2", "2 3", "\N{SUPERSCRIPT TWO}", "1025", "9" * 30])
    def test_that_are_no_number_of_threads_are_refused_in_one_line(self, monkeypatch, value):
        monkeypatch.setenv(THREADS, value)
        with pytest.raises(LiftveilError) as refusal:
            open_graph(identity_graph(), "mine")
        assert str(refusal.value) == (
            f"LIFTVEIL_THREADS={value}: is no number from 1 to 1024; unset it to use every core"
        )


@pytest.mark.parametrize("act", [engine_version, lambda: open_graph(identity_graph(), "mine")])
def test_telemetry_is_off(act, monkeypatch):
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    act()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_engine_says_its_version_and_provider():
    assert engine_version() == f"onnxruntime {onnxruntime.__version__} (CPUExecutionProvider)"


@pytest.mark.parametrize(("told", "channels"), [({}, 3), ({"secret_channels": "3"}, 3), ({"secret_channels": "1"}, 1)])
def test_facts_are_read_from_the_graph(told, channels):
    graph = open_graph(identity_graph(multiple="4", reach_px="40", **told), "mine")
    expected = GraphFacts(multiple=4, reach_px=40, secret_channels=channels, rounding_metric=None)
    assert facts_of(graph, "mine") == expected


def test_the_jpeg_that_a_secret_survives_is_read_from_the_graph():
    told = [{}, {"jpeg_quality": "75"}]
    graphs = [open_graph(identity_graph(multiple="4", reach_px="40", **each), "mine") for each in told]
    assert [facts_of(graph, "mine").jpeg_quality for graph in graphs] == [None, 75]


def test_a_rounding_metric_is_read_from_the_graph():
    metric = np.random.default_rng(0).random((48, 48), np.float32)
    text = b64encode(metric.astype("<f4").tobytes()).decode()
    graph = open_graph(identity_graph(multiple="4", reach_px="40", rounding_metric=text), "mine")
    np.testing.assert_array_equal(facts_of(graph, "mine").rounding_metric, metric)


@pytest.mark.parametrize(
    "facts",
    [
        *[{"multiple": "4", "reach_px": "40", "rounding_metric": text} for text in DAMAGED],
        {},
        {"multiple": "4"},
        {"multiple": "four", "reach_px": "40"},
        {"multiple": "4", "reach_px": "40", "secret_channels": "grey"},
    ],
)
def test_graphs_of_other_programs_are_refused(facts):
    graph = open_graph(identity_graph(**facts), "mine")
    with pytest.raises(ModelError, match=r"^model mine: its graph was not made by 'liftveil export'$"):
        facts_of(graph, "mine")


@pytest.mark.parametrize(
    "planes", [{}, {"cover": PLANES}, {"stego": PLANES[:, :1]}, {"stego": PLANES.astype(np.float64)}]
)
def test_inputs_that_do_not_fit_are_refused_in_one_line(planes, capfd):
    graph = open_graph(identity_graph(), "mine")
    with pytest.raises(ModelError, match=r"^model mine: its graph cannot be run \(.+\)$") as refusal:
        run_graph(graph, planes, "mine")
    assert len(str(refusal.value).splitlines()) == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", ["Failed to allocate memory for requested buffer of size 9\nmore", "std::bad_alloc"])
def test_too_little_memory_is_told_as_such(text):
    with pytest.raises(MemoryError, match=text.splitlines()[0]):
        run_graph(Broken(RuntimeError(text)), {}, "mine")


def test_an_error_without_words_is_named_by_its_type():
    with pytest.raises(ModelError, match=r"\(KeyError\)$"):
        run_graph(Broken(KeyError()), {}, "mine")
