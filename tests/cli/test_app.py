"""The command line as a whole: help, usage errors, and what every command has in common."""

import io
import json
import sys
from dataclasses import asdict
from types import ModuleType

import onnxruntime
import pytest

import liftveil
from liftveil.cli import app
from liftveil.cli.console import complain, decibels, json_decibels, json_score, notify, say, say_json
from liftveil.errors import LiftveilError
from liftveil.weights import Model, aliases, cards, find_model, releases

SHORT_OF_MEMORY = "not enough memory; use smaller pictures or, in a training, a smaller 'data.batch' or 'data.crop_px'"
COMMANDS = ["capacity", "demo", "embed", "export", "extract", "info", "plot", "profile", "test", "train"]
GROUPS = {"data": ["split"], "evaluate": ["research", "secret", "stego"]}


class TestUsage:
    @pytest.mark.parametrize("arguments", [(), ("--help",)])
    def test_help_lists_every_command(self, invoke, arguments):
        finished = invoke(*arguments)
        said = finished.stdout + finished.stderr
        assert said.startswith("Usage: ")
        assert [command for command in (*COMMANDS, *GROUPS) if f"\n  {command} " not in said] == []
        assert finished.returncode == (0 if arguments else 2)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_help_of_a_command_names_its_options(self, invoke, command):
        finished = invoke(command, "--help")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert command in finished.stdout.splitlines()[0]
        assert "--json" in finished.stdout or command in {"demo", "export", "plot", "test", "train"}

    @pytest.mark.parametrize("group", GROUPS)
    def test_help_of_a_group_lists_its_commands(self, invoke, group):
        finished = invoke(group, "--help")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert [command for command in GROUPS[group] if f"\n  {command} " not in finished.stdout] == []

    @pytest.mark.parametrize(
        ("group", "command", "options"),
        [
            ("data", "split", ("--seed", "--validation", "--test", "--force")),
            ("evaluate", "stego", ("--json", "--csv")),
            ("evaluate", "secret", ("--json", "--csv")),
            ("evaluate", "research", ("--data", "--model", "--pairs", "--processes", "--no-attacks", "--no-baselines")),
        ],
    )
    def test_help_of_a_command_of_a_group_names_its_options(self, invoke, group, command, options):
        finished = invoke(group, command, "--help")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert finished.stdout.startswith(f"Usage: liftveil {group} {command} ")
        assert [option for option in options if option not in finished.stdout] == []

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (("embed",), "Missing argument"),
            (("embed", "cover.png"), "Missing argument"),
            (("embed", "cover.png", "secret.png"), "Missing option '-o' / '--output'"),
            (("extract", "stego.png", "-o"), "requires an argument"),
            (("extract", "stego.png", "other.png", "-o", "r.png"), "unexpected extra argument"),
            (("extract", "stego.png", "-o", "r.png", "--modle", "starinn"), "No such option: --modle"),
            (("info", "--colour"), "No such option: --colour"),
            (("hide",), "No such command 'hide'"),
            (("evaluate", "hide"), "No such command 'hide'"),
            (("evaluate", "research", "-o", "out"), "Missing option '--data'"),
            (("evaluate", "research", "--data", "in", "-o", "out", "--pairs", "0"), "Invalid value for '--pairs'"),
        ],
    )
    def test_bad_usage_ends_with_2(self, invoke, tmp_path, arguments, problem):
        finished = invoke(*arguments)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert problem in finished.stderr
        assert "Traceback" not in finished.stderr
        assert list(tmp_path.iterdir()) == []


class TestEnds:
    @pytest.fixture
    def failing(self, monkeypatch):
        """Make `liftveil info` raise."""

        def fail_with(error):
            def fail():
                raise error

            monkeypatch.setattr("liftveil.runtime.engine_version", fail)

        return fail_with

    @pytest.mark.parametrize(
        ("error", "code", "line"),
        [
            (LiftveilError("it is\nbroken"), 1, "it is broken"),
            (MemoryError(), 1, SHORT_OF_MEMORY),
            (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"), 1, SHORT_OF_MEMORY),
            (OSError(36, "File name too long", "a" * 9), 1, "aaaaaaaaa: File name too long"),
            (PermissionError(13, "Permission denied"), 1, "a file: Permission denied"),
            (KeyboardInterrupt(), 130, "interrupted"),
        ],
    )
    def test_with_one_line(self, invoke, failing, error, code, line):
        failing(error)
        assert invoke("info") == (code, "", f"liftveil: {line}\n")

    def test_with_one_line_while_the_commands_are_being_loaded(self, invoke, monkeypatch):
        class Loading(ModuleType):
            @property
            def main(self):
                raise KeyboardInterrupt

        monkeypatch.setitem(sys.modules, "liftveil.cli", Loading("liftveil.cli"))
        assert invoke("info") == (130, "", "liftveil: interrupted\n")

    def test_of_mistakes_of_our_own_are_not_hidden(self, invoke, failing):
        failing(ZeroDivisionError("a bug"))
        with pytest.raises(ZeroDivisionError):
            invoke("info")

    def test_quietly_when_nobody_reads_on(self, invoke, failing):
        failing(BrokenPipeError(32, "Broken pipe"))
        assert invoke("info") == (1, "", "")


class TestInfo:
    def test_as_text(self, invoke):
        finished = invoke("info")
        assert (finished.returncode, finished.stderr) == (0, "")
        first, *lines = finished.stdout.splitlines()
        assert first == f"liftveil {liftveil.__version__}, onnxruntime {onnxruntime.__version__} (CPUExecutionProvider)"
        assert len(lines) == sum(1 + len(model.sha256) for model in releases().values())
        for name, model in releases().items():
            also = [alias for alias, target in aliases().items() if target == name]
            names = f"{name} (also: {', '.join(also)})" if also else name
            assert [line for line in lines if line.startswith(f"{names}: hides pictures in ")]
            for file, digest in model.sha256.items():
                assert [line for line in lines if line.split() == [file, "sha256", digest]]

    def test_as_json(self, invoke):
        finished = invoke("info", "--json")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert json.loads(finished.stdout) == {
            "version": liftveil.__version__,
            "engine": f"onnxruntime {onnxruntime.__version__} (CPUExecutionProvider)",
            "models": {name: dict(model.sha256) for name, model in releases().items()},
            "secret_channels": {name: 1 if "gray" in name else 3 for name in releases()},
            "aliases": aliases(),
        }

    def test_with_the_models_cards(self, invoke):
        finished = invoke("info", "--models")
        assert (finished.returncode, finished.stderr) == (0, "")
        told = " ".join(finished.stdout.split())
        assert cards().keys() == releases().keys()
        for card in cards().values():
            assert card.purpose in told
            assert card.limits in told
            assert f"cover {card.cover_psnr_db:.2f} dB, secret {card.secret_psnr_db:.2f} dB on Kodak-24" in told
        assert max(map(len, finished.stdout.splitlines())) <= 120
        assert json.loads(invoke("info", "--models", "--json").stdout)["cards"] == {
            name: asdict(card) for name, card in cards().items()
        }

    def test_tells_a_model_made_for_jpeg(self, invoke, monkeypatch):
        monkeypatch.setattr("liftveil.runtime.Session.jpeg_quality", 75)
        assert "hides pictures in colour, also in JPEG of quality 75 and above\n" in invoke("info").stdout

    def test_names_a_release_that_no_alias_stands_for(self, invoke, monkeypatch):
        old = {"starinn-0": find_model("starinn-1")}
        monkeypatch.setattr("liftveil.weights.releases", lambda: old)
        assert "\nstarinn-0: hides pictures in colour\n" in invoke("info").stdout

    def test_tells_a_model_of_grey_pictures(self, invoke, monkeypatch, grey_model):
        monkeypatch.setattr("liftveil.weights.releases", lambda: {"grey-1": Model("grey-1", grey_model, {})})
        assert "\ngrey-1: hides pictures in grey\n" in invoke("info").stdout
        assert json.loads(invoke("info", "--json").stdout)["secret_channels"] == {"grey-1": 1}


class TestConsole:
    def test_results_go_out_and_the_rest_apart(self, capsys):
        say("result")
        notify(["first", "second"])
        complain("why")
        assert capsys.readouterr() == ("result\n", "note: first\nnote: second\nliftveil: why\n")

    def test_every_message_is_one_line(self, capsys):
        say("a\nb  c")
        notify(["d\r\ne"])
        complain("f\ng")
        assert capsys.readouterr() == ("a b  c\n", "note: d e\nliftveil: f g\n")

    @pytest.mark.parametrize(
        ("encoding", "printed"),
        [("utf-8", "\N{SNOWMAN}\\udcff"), ("ascii", "\\u2603\\udcff"), ("cp1252", "\\u2603\\udcff")],
    )
    def test_strange_names_can_be_printed_anywhere(self, monkeypatch, encoding, printed):
        paper = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(paper, encoding, newline="\n"))
        say("\N{SNOWMAN}\udcff")
        sys.stdout.flush()
        assert paper.getvalue().decode(encoding) == f"{printed}\n"

    def test_json_is_one_line_of_ascii(self, capsys):
        say_json({"name": "\N{SNOWMAN}\udcff\n", "notices": ("a", "b")})
        out = capsys.readouterr().out
        assert out.isascii()
        assert len(out.splitlines()) == 1
        assert json.loads(out) == {"name": "\N{SNOWMAN}\udcff\n", "notices": ["a", "b"]}

    def test_figures(self):
        assert (decibels(38.126), json_decibels(38.123456)) == ("38.13 dB", 38.1235)
        assert (decibels(float("inf")), json_decibels(float("inf"))) == ("identical", None)
        assert [json_score(value) for value in (0.123456, float("-inf"), float("nan"))] == [0.1235, None, None]


def test_commands_are_those_that_are_tested():
    assert sorted(command.callback.__name__ for command in app.registered_commands) == COMMANDS
    groups = {group.name: group.typer_instance.registered_commands for group in app.registered_groups}
    names = {name: sorted(command.callback.__name__ for command in commands) for name, commands in groups.items()}
    assert names == GROUPS
