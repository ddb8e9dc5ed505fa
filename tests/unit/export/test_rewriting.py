import numpy as np
import onnx
import pytest
from onnx import parser
from onnx.reference import ReferenceEvaluator

from liftveil.export.rewriting import rewritten

HEAD = '<ir_version: 10, opset_import: ["" : 20]> '
RNG = np.random.default_rng(0)


def model(text, **initializers):
    made = parser.parse_model(HEAD + text)
    values = {name: np.asarray(value, np.float32) for name, value in initializers.items()}
    made.graph.initializer.extend(onnx.numpy_helper.from_array(value, name) for name, value in values.items())
    return made


def kinds(made):
    return [node.op_type for node in made.graph.node]


def same(first, second):
    x = RNG.random((1, 2, 6, 4), np.float32)
    results = (ReferenceEvaluator(made).run(None, {"x": x}) for made in (first, second))
    for before, after in zip(*results, strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-6)


KERNELS = {"w": RNG.random((6, 2, 3, 3)), "b": RNG.random(6), "g": RNG.random((6, 1, 3, 3))}
SPLIT = """net (float[1,2,h,w1] x) => (float[1,3,h,w1] y) {
    c = Conv<pads = [1, 1, 1, 1]>(x, w, b)
    p, q = Split<axis = 1, num_outputs = 2>(c)
    y = Mul(p, q)
}"""


class TestConstants:
    def test_are_computed_once(self):
        before = model(
            """net (float[1,2,h,w] x) => (float[1,2,h,w] y) {
                s = Exp(a)
                t = Add(s, a)
                z = Mul(x, t)
                y = Add(z, s)
            }""",
            a=[[[[0.5]], [[1.0]]]],
        )
        after = rewritten(before)
        assert kinds(after) == ["Mul", "Add"]
        assert {tensor.name for tensor in after.graph.initializer} == {"s", "t"}
        same(before, after)

    def test_of_no_use_are_left_out(self):
        before = model("net (float[1,2,h,w] x) => (float[1,2,h,w] y) { y = Relu(x) }", a=[1.0])
        assert list(rewritten(before).graph.initializer) == []


class TestParts:
    def test_are_convolved_apart(self):
        before = model(SPLIT, **KERNELS)
        after = rewritten(before)
        assert kinds(after) == ["Conv", "Conv", "Mul"]
        assert [tuple(tensor.dims) for tensor in after.graph.initializer].count((3, 2, 3, 3)) == 2
        same(before, after)

    def test_have_names_of_their_own(self):
        before = model(SPLIT.replace("y = Mul(p, q)", "z = Mul(p, q)\n y = Relu(z)"), **KERNELS)
        for name, node in zip(("conv", "split", "conv_1", "conv_0"), before.graph.node, strict=True):
            node.name = name
        names = [node.name for node in rewritten(before).graph.node]
        assert len(names) == len(set(names)) == 4

    def test_may_be_unequal(self):
        text = SPLIT.replace(", num_outputs = 2>(c)", ">(c, sizes)").replace(
            "y = Mul(p, q)", "y = Concat<axis = 1>(q, p)"
        )
        before = model(text.replace("[1,3,h", "[1,6,h"), **KERNELS)
        before.graph.initializer.append(onnx.numpy_helper.from_array(np.array([4, 2]), "sizes"))
        after = rewritten(before)
        assert kinds(after) == ["Conv", "Conv", "Concat"]
        same(before, after)

    def test_without_a_bias(self):
        before = model(SPLIT.replace("w, b)", "w)"), w=KERNELS["w"])
        after = rewritten(before)
        assert kinds(after) == ["Conv", "Conv", "Mul"]
        same(before, after)

    @pytest.mark.parametrize(
        "text",
        [
            SPLIT.replace("y = Mul(p, q)", "d = Relu(c)\n e, f = Split<axis = 1, num_outputs = 2>(d)\n y = Mul(p, e)"),
            SPLIT.replace("axis = 1", "axis = 2").replace("[1,3,h,w1] y", "[1,6,h2,w1] y"),
            SPLIT.replace("num_outputs = 2", "num_outputs = 3")
            .replace("p, q =", "p, q, r =")
            .replace("[1,3,h", "[1,2,h"),
        ],
        ids=["read twice", "other axis", "thirds"],
    )
    def test_stay_together_where_the_whole_is_needed(self, text):
        before = model(text, **KERNELS)
        assert kinds(rewritten(before)) == kinds(before)
        same(before, rewritten(before))


def test_the_given_model_stays_as_it_is():
    before = model(SPLIT, **KERNELS)
    copy = before.SerializeToString(deterministic=True)
    rewritten(before)
    assert before.SerializeToString(deterministic=True) == copy


def test_metadata_stay():
    before = model(SPLIT, **KERNELS)
    entry = before.metadata_props.add()
    entry.key, entry.value = "multiple", "4"
    assert {entry.key: entry.value for entry in rewritten(before).metadata_props} == {"multiple": "4"}
