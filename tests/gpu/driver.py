"""Builds `driver.c`: a driver of GPUs that fails, boasts or idles when it is told to."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess

SOURCE = pathlib.Path(__file__).with_suffix(".c")
INSTALLED = pathlib.Path("/usr/share/vulkan/icd.d")


def install(source: pathlib.Path, folder: pathlib.Path) -> dict[str, str]:
    """Compile a driver into `folder`; gives the environment of a program that finds no other.

    Raises:
        FileNotFoundError: without a C compiler.
    """
    compiler = shutil.which("cc")
    if not compiler:
        raise FileNotFoundError("needs a C compiler")
    library, manifest = folder / "driver.so", folder / "driver.json"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    description = {"library_path": str(library), "api_version": "1.1.0"}
    manifest.write_text(json.dumps({"file_format_version": "1.0.0", "ICD": description}))
    return {"VK_ICD_FILENAMES": str(manifest), "VK_DRIVER_FILES": str(manifest)}


def build(folder: pathlib.Path) -> dict[str, str]:
    """The environment of a program that finds no driver but `driver.c`; its orders are files in `folder`.

    Raises:
        FileNotFoundError: without a C compiler, or without Mesa's adapter in software.
    """
    real = next(INSTALLED.glob("lvp_icd*.json"), None)
    if not real:
        raise FileNotFoundError(f"needs Mesa's adapter in software. Received: nothing in {INSTALLED}")
    return {
        **install(SOURCE, folder),
        "DRIVER_REAL": json.loads(real.read_text())["ICD"]["library_path"],
        **{f"DRIVER_{order}": str(folder / order) for order in ("LOST", "FULL", "IDLE")},
    }
