"""Profiles and devices."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgdtheory.runs import device, profile


def test_quick_is_the_default(monkeypatch):
    monkeypatch.delenv(profile.VARIABLE, raising=False)
    assert profile.current() == "quick"
    assert profile.pick(quick=1, full=2) == 1
    monkeypatch.setenv(profile.VARIABLE, "full")
    assert profile.current() == "full"
    assert profile.pick(quick=1, full=2) == 2


@settings(max_examples=20)
@given(name=st.text(max_size=8).filter(lambda s: s not in profile.PROFILES and "\0" not in s
                                       and s.isprintable() and s.isascii()))  # fmt: skip
def test_other_profiles_are_refused(name):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(profile.VARIABLE, name)
        with pytest.raises(ValueError, match="SGDTHEORY_PROFILE must be one of"):
            profile.current()


def test_progress_is_silent_in_quick_only(monkeypatch, capsys):
    monkeypatch.setenv(profile.VARIABLE, "quick")
    assert list(profile.progress(range(3))) == [0, 1, 2]
    assert capsys.readouterr().err == ""
    monkeypatch.setenv(profile.VARIABLE, "full")
    assert list(profile.progress(range(3), "runs")) == [0, 1, 2]
    assert "runs" in capsys.readouterr().err


def test_device():
    import torch

    assert device.pick() == ("cuda" if torch.cuda.is_available() else "cpu")
    assert device.describe("cpu").startswith("CPU (")
