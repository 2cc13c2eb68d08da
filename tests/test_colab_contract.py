"""What the wheel asks for is in Colab already, so installing it there changes nothing."""

from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import booklib
import pytest
import run_colab_versions
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

FREEZES = {f.stem.removeprefix("python"): f for f in
           sorted(Path(__file__).parent.joinpath("colab").glob("python*.txt"))}


def versions(freeze):
    """Name and version of each package in a freeze file."""
    lines = [line.split("#")[0].strip() for line in freeze.read_text().splitlines()]
    pairs = (line.split("==") for line in lines if line)
    return {canonicalize_name(name): Version(version) for name, version in pairs}


def unmet(metadata, freeze, python):
    """What of the wheel's requirements, without extras, the runtime does not satisfy."""
    there, found = versions(freeze), []
    environment = {"python_version": python, "python_full_version": f"{python}.13", "extra": "",
                   "sys_platform": "linux", "platform_system": "Linux"}
    if Version(f"{python}.13") not in SpecifierSet(metadata["Requires-Python"]):
        found.append(f"Python {metadata['Requires-Python']}")
    for line in metadata.get_all("Requires-Dist"):
        need = Requirement(line)
        if need.marker and not need.marker.evaluate(environment):
            continue
        version = there.get(canonicalize_name(need.name))
        if version is None or not need.specifier.contains(version, prereleases=True):
            found.append(f"{need} (there: {version})")
    return found


@pytest.fixture(scope="module")
def metadata():
    """METADATA of the wheel, as pip would read it."""
    with booklib.built_wheel() as wheel, ZipFile(wheel) as content:
        name, = (n for n in content.namelist() if n.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(content.read(name).decode())


def test_both_of_colabs_pythons_are_covered():
    assert set(FREEZES) == {"3.12", "3.13"}


@pytest.mark.parametrize("python", FREEZES)
def test_colab_has_all_that_the_wheel_asks_for(metadata, python):
    assert len(metadata.get_all("Requires-Dist")) > 8
    assert unmet(metadata, FREEZES[python], python) == []


@pytest.mark.parametrize("line", ["numpy>=2.2", "torch>=2.12", "nothing-known", "sympy<1.14"])
def test_a_requirement_that_colab_does_not_meet_is_found(metadata, line):
    metadata["Requires-Dist"] = line
    try:
        assert len(unmet(metadata, FREEZES["3.13"], "3.13")) == 1
    finally:
        kept = metadata.get_all("Requires-Dist")[:-1]
        del metadata["Requires-Dist"]
        for need in kept:
            metadata["Requires-Dist"] = need


def test_a_python_that_colab_does_not_have_is_found(metadata):
    assert unmet(metadata, FREEZES["3.12"], "3.10") != []


def test_the_overlay_has_the_versions_of_the_freeze():
    there = versions(FREEZES["3.12"])
    for name, version in run_colab_versions.VERSIONS.items():
        assert there[canonicalize_name(name)] == Version(version)
    assert len(run_colab_versions.NOTEBOOKS) == 3
