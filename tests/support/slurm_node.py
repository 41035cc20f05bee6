"""A Slurm of one node, from the system's packages, in a folder of its own.

munged, slurmctld and slurmd run as root and listen on loopback; they end with the test.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = ("sbatch", "scancel", "scontrol", "sinfo", "squeue")
DEADLINE_S = 120.0

CONFIG = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge/socket
SlurmctldPort={controller_port}
SlurmdPort={node_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=one Nodes=ALL Default=YES MaxTime=60 State=UP
"""


def missing() -> str:
    """Return what keeps a Slurm from running here, empty if nothing does."""
    if os.geteuid() != 0:
        return "the daemons need root"
    absent = [name for name in (*DAEMONS, *COMMANDS) if shutil.which(name) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


class SlurmNode:
    """The daemons, and the commands that talk to them."""

    def __init__(self, folder: Path) -> None:
        """Start in an empty folder; wait until the node takes jobs."""
        self.folder = folder
        self.environ = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        for name, mode in (("munge", 0o700), ("state", 0o700), ("spool", 0o755)):
            (folder / name).mkdir(mode=mode)
        key = folder / "munge" / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        ports = [_free_port(), _free_port()]
        text = CONFIG.format(
            host=socket.gethostname().partition(".")[0],
            folder=folder,
            controller_port=ports[0],
            node_port=ports[1],
        )
        (folder / "slurm.conf").write_text(text)
        self._start_munge()
        self.start("slurmctld", "-D", "-c")
        self.start("slurmd", "-D")
        self.wait_for(lambda: self.run("sinfo", "--noheader", "--format=%t").strip() == "idle")

    def _start_munge(self) -> None:
        names = ("key-file", "socket", "pid-file", "log-file", "seed-file")
        places = [f"--{name}={self.folder}/munge/{name.partition('-')[0]}" for name in names]
        self.start("munged", "--foreground", "--force", *places)
        self.wait_for((self.folder / "munge" / "socket").exists)

    def start(self, name: str, *words: str) -> None:
        """Start a daemon."""
        with (self.folder / f"{name}.out").open("ab") as output:
            self._running[name] = subprocess.Popen(
                [name, *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.environ,
            )

    def end(self, name: str) -> None:
        """End a daemon."""
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def end_all(self) -> None:
        """End what runs, the jobs first."""
        if "slurmctld" in self._running:
            subprocess.run(["scancel", "--user=root"], env=self.environ, check=False)
            self.wait_for(lambda: not self.run("squeue", "--noheader").strip())
        for name in reversed([*self._running]):
            self.end(name)

    def run(self, *words: str) -> str:
        """Return what a command prints; empty where it fails."""
        done = subprocess.run(
            words, env=self.environ, capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout if done.returncode == 0 else ""

    def submit(self, script: str, *options: str) -> str:
        """Submit a script of shell lines; return the job's number."""
        path = self.folder / "job.sh"
        path.write_text(f"#!/bin/sh\n{script}\n")
        number = self.run("sbatch", "--parsable", "--ntasks=1", *options, str(path)).strip()
        assert number.isdigit(), (self.folder / "slurmctld.log").read_text()[-2000:]
        return number

    def state(self, number: str) -> str:
        """Return the state of a job in Slurm's word, empty where it is not known."""
        return self.run(
            "squeue", "--noheader", "--states=all", "--format=%T", "--jobs", number
        ).strip()

    def wait_until(self, number: str, state: str) -> None:
        """Wait until a job is in a state."""
        self.wait_for(lambda: self.state(number) == state)

    @staticmethod
    def wait_for(holds: Callable[[], bool]) -> None:
        """Poll until `holds`."""
        until_s = time.monotonic() + DEADLINE_S
        while not holds():
            assert time.monotonic() < until_s, "waited in vain for Slurm"
            time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
