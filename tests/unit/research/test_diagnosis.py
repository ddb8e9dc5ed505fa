"""Made-up figures give the sentence that they call for."""

import pytest

from liftveil.research.diagnosis import causes, worst_pairs


def pair(*, network=12.0, rounding=2.0, clipping=0.1, out=0.0, cover=4.0, secret=4.0):
    """Losses in dB from 60 dB on."""
    probe = {"float_secret_psnr_db": 60 - network, "rounded_secret_psnr_db": 60 - network - rounding}
    probe |= {"file_secret_psnr_db": 60 - network - rounding - clipping, "out_of_range": out}
    return {"probe": probe, "exchange": {"detail": {"cover": cover, "secret": secret}}}


def first(**figures):
    """The sentence of a pair beside three usual ones; means lie a quarter of the way towards it."""
    sentence, *others = causes([pair(**figures), pair(), pair(), pair()])
    assert others == ["No single cause stands out."] * 3
    return sentence


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ({"network": 16}, "What the network drops costs 3.0 dB more than in the mean pair."),
        ({"rounding": 6}, "Rounding to 8 bits costs 6.0 dB (mean 3.0)."),
        (
            {"clipping": 4.1, "out": 0.123},
            "12.3% of the stego's samples left 0..255; clipping them costs 4.1 dB (mean 1.1).",
        ),
        ({"network": 16, "rounding": 7}, "Rounding to 8 bits costs 7.0 dB (mean 3.2)."),
        ({"secret": 8}, "The secret's finest details are 1.6 times as strong as in the mean pair."),
        ({"cover": 8}, "The cover's finest details are 1.6 times as strong as in the mean pair."),
        (
            {"network": 16, "cover": 8, "secret": 16},
            "What the network drops costs 3.0 dB more than in the mean pair. "
            "The secret's finest details are 2.3 times as strong as in the mean pair. "
            "The cover's finest details are 1.6 times as strong as in the mean pair.",
        ),
        ({"network": 12.3}, "No single cause stands out."),
        ({"secret": 4.4}, "No single cause stands out."),
    ],
)
def test_sentences(figures, sentence):
    assert first(**figures) == sentence


def test_a_better_pair_makes_the_others_worse_than_the_mean():
    better, *others = causes([pair(network=8), pair(), pair(), pair()])
    assert better == "No single cause stands out."
    assert set(others) == {"What the network drops costs 1.0 dB more than in the mean pair."}


def test_a_single_pair_stands_out_from_nothing():
    assert causes([pair(network=30, clipping=9, cover=90)]) == ["No single cause stands out."]


def test_blank_pictures_have_no_details():
    assert causes([pair(cover=0, secret=0)] * 2) == ["No single cause stands out."] * 2


def test_the_worst_come_first():
    sums = [(40, 40), (30, 30), (50, None), (None, None), (20, 39)]
    rows = [{"cover_psnr_db": cover, "secret_psnr_db": secret} for cover, secret in sums]
    assert worst_pairs(rows, 3) == [4, 1, 0]
    assert worst_pairs(rows, 9) == [4, 1, 0, 2, 3]
    assert worst_pairs([{"cover_psnr_db": 40, "secret_psnr_db": 40}] * 3, 2) == [0, 1]
