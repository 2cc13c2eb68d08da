"""Sum up the weights of the pretrained networks that the package stores no weights of.

    SGDTHEORY_DATA=FOLDER python tools/make_pretrained_summary.py

FOLDER holds the files ``weights_*.npz``; what is not there is downloaded.  About a minute.
"""

from dataclasses import asdict

from sgdtheory._files import npz_bytes, sha256, write_atomic
from sgdtheory.networks import pretrained


def main() -> None:
    arrays = {}
    for name in pretrained.NAMES:
        layers = pretrained.describe(pretrained.load(name))
        arrays |= {f"{name}/{key}": column for key, column in asdict(layers).items()}
        print(f"{name}: {len(layers.name)} layers, {layers.size.sum()} weights")
    data = npz_bytes(arrays)
    write_atomic(pretrained.STORED, data)
    print(f"{pretrained.STORED.name}: {len(data)} bytes, sha256 {sha256(data)}")


if __name__ == "__main__":
    main()
