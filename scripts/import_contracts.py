"""How does an import rule speak of all platforms without naming one? A kind of contract for import-linter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importlinter.contracts.layers import Layer, LayersContract, ModuleTail

if TYPE_CHECKING:
    import grimp
    from importlinter.domain.contract import ContractCheck

CONTAINER = "connectors"


class PlatformLayers(LayersContract):  # type: ignore[misc]  # import-linter ships no types
    """Layers inside `connectors`, of which the one called `platforms` is every folder that is a platform's."""

    type_name = "platform_layers"

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001 - import-linter's signature
        """Put the platforms that are there in their layer, each by itself, and check as any layers are checked."""
        folders = graph.find_children(CONTAINER)
        found = {name for name in folders if {f"{name}.manifest", f"{name}.actions"} <= graph.modules}
        platforms = Layer({ModuleTail(name.removeprefix(f"{CONTAINER}.")) for name in found})
        self.layers = [
            platforms if {tail.name for tail in layer.module_tails} == {"platforms"} else layer for layer in self.layers
        ]
        return super().check(graph, verbose)
