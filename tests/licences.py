"""The licence texts of every crate in the program: `cargo metadata` on stdin, one text on stdout."""

import json
import pathlib
import sys

NAMES = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")

metadata = json.load(sys.stdin)
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
reached, todo = set(), [metadata["resolve"]["root"]]
while todo:
    for dependency in nodes[todo.pop()]["deps"]:
        is_built = any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])
        if is_built and dependency["pkg"] not in reached:
            reached.add(dependency["pkg"])
            todo.append(dependency["pkg"])

packages = [package for package in metadata["packages"] if package["id"] in reached]
for package in sorted(packages, key=lambda package: (package["name"], package["version"])):
    print("=" * 80, f"{package['name']} {package['version']}: {package['license']}", "", sep="\n")
    folder = pathlib.Path(package["manifest_path"]).parent
    files = [path for path in folder.iterdir() if path.is_file() and path.name.upper().startswith(NAMES)]
    # OpenSSL's own is beside its source.
    files += [path for path in folder.glob("openssl/LICENSE*")]
    for path in sorted(files):
        print(path.read_text(errors="replace"))
