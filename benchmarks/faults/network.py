"""A landing zone in an object store, behind a network that refuses, closes, resets or swallows connections."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import ExitStack

import fsspec

from benchmarks.faults.installation import LOAD, Installation
from benchmarks.faults.proofs import lake_of
from benchmarks.faults.scene import Disturbance, Scene
from benchmarks.faults.services import Weather

PATIENCE = {"connect_timeout": 1, "read_timeout": 2, "retries": {"max_attempts": 1}}
"""Shorter than an installation's own, so that a campaign need not sit out a minute for every lost connection."""


def lost_network(scene: Scene, stack: ExitStack) -> Disturbance:
    """The network to the store fails at a random moment, for a while or to the end of the run."""
    proxy = scene.services.proxy
    proxy.turn(Weather.FINE)
    bucket = f"zone-{uuid.uuid4().hex[:8]}"
    store = f"http://{scene.services.store[0]}:{scene.services.store[1]}"
    direct = fsspec.filesystem("s3", key="any", secret="any", endpoint_url=store, skip_instance_cache=True)
    direct.mkdir(bucket)
    direct.put(str(scene.installation.landing) + "/", f"{bucket}/logs/", recursive=True)
    stack.callback(direct.rm, bucket, recursive=True)
    scene.installation.landing_uri = f"s3://{bucket}/logs"
    scene.variables = {
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",  # pragma: allowlist secret
        "AWS_DEFAULT_REGION": "us-east-1",
        "FSSPEC_S3": json.dumps({"endpoint_url": f"http://127.0.0.1:{proxy.port}", "config_kwargs": PATIENCE}),
    }
    weather = scene.chance.choice([each for each in Weather if each is not Weather.FINE])
    harmed = proxy.harmed
    run = scene.begin()
    scene.moment(run)
    where = f"{weather}: {scene.where(run)}"
    proxy.turn(weather)
    if scene.chance.random() < 0.5:
        time.sleep(scene.chance.uniform(0.1, 2))
        proxy.turn(Weather.FINE)
    run.wait()
    proxy.turn(Weather.FINE)

    def after() -> list[str]:
        """The lake is that of a load from the same store that nobody disturbed."""
        peace = Installation(scene.installation.folder / "peace", scene.installation.landing_uri, scene.variables)
        peace.folder.mkdir(exist_ok=True)
        peace.run(LOAD)
        mine, wanted = lake_of(scene.home), lake_of(peace.home.root)
        return [] if mine == wanted else [f"the lake holds {mine.areas}, an undisturbed one {wanted.areas}"]

    return Disturbance(where, proxy.harmed > harmed, [run], after=after)
