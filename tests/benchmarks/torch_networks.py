"""The same networks in PyTorch, on CUDA where it has that: plain modules and a plain loop."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

from tests.benchmarks.timing import repeat


class Peer:
    """PyTorch with the fastest device that it has."""

    def __init__(self) -> None:
        self.torch: Any = importlib.import_module("torch")
        self.device = "cuda" if self.torch.cuda.is_available() else "cpu"
        self.name = f"torch {self.device}"

    def _wait(self) -> None:
        if self.device == "cuda":
            self.torch.cuda.synchronize()

    def _network(self, name: str, batch: int) -> tuple[Any, Any]:
        torch, nn = self.torch, self.torch.nn
        if name == "mnist_mlp":
            layers = [nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10)]
            return nn.Sequential(*layers), torch.rand(batch, 784)
        if name == "mnist_cnn":
            body = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
            head = [nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10)]
            return nn.Sequential(*body, *head), torch.rand(batch, 1, 28, 28)

        class Transformer(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.tokens = nn.Embedding(5000, 128)
                self.attention = nn.MultiheadAttention(128, 4, batch_first=True)
                self.first, self.second = nn.LayerNorm(128, 1e-6), nn.LayerNorm(128, 1e-6)
                self.wide = nn.Sequential(nn.Linear(128, 512), nn.ReLU(), nn.Linear(512, 128))
                self.head = nn.Linear(128, 10)

            def forward(self, tokens: Any) -> Any:
                x = self.tokens(tokens)
                x = self.first(x + self.attention(x, x, x, need_weights=False)[0])
                return self.head(self.second(x + self.wide(x)).mean(1))

        return Transformer(), torch.randint(0, 5000, (batch, 64))

    def step_time(self, name: str, batch: int, seconds: float) -> float:
        """The shortest mean time of a step among runs of 20 that end with a wait for the device."""
        torch = self.torch
        network, x = self._network(name, batch)
        network, x = network.to(self.device), x.to(self.device)
        y = torch.randint(0, 10, (batch,), device=self.device)
        optimizer = torch.optim.Adam(network.parameters())

        def steps() -> None:
            for _ in range(20):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(network(x), y).backward()
                optimizer.step()
            self._wait()

        return min(repeat(steps, seconds, at_least=2)) / 20

    def product_time(self, size: int, seconds: float) -> float:
        """A product of two square matrices in full float32, and the mean of the result, which the host waits for."""
        self.torch.backends.cuda.matmul.allow_tf32 = False
        x = self.torch.randn(size, size, device=self.device)
        return min(repeat(lambda: float((x @ x).mean()), seconds))


def ask(question: str, *arguments: object) -> str:
    """What `Peer` answers in a process of its own: its compilers and those of a driver in software do not get along."""
    command = [sys.executable, "-m", "tests.benchmarks.torch_networks", question, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]


def main() -> None:
    question, *arguments = sys.argv[1:]
    peer = Peer()
    if question == "step":
        name, batch, seconds = arguments
        print(peer.step_time(name, int(batch), float(seconds)))
    elif question == "product":
        size, seconds = arguments
        print(peer.product_time(int(size), float(seconds)))
    else:
        print(peer.name)


if __name__ == "__main__":
    main()
