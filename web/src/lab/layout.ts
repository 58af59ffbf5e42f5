// Where the nodes of a lineage stand: in layers, each node behind all that it was made from, and within a layer so that
// few lines cross. A line over several layers has a place of its own in each that it passes, so that it runs through no
// node; lines from one node share it. It draws nothing.

export interface LayoutNode {
  id: string;
  inputs: { role: string; id: string }[];
}

// A node, or where lines from the node `from` pass.
export interface Spot {
  key: string;
  id: string;
  passes: boolean;
}

export interface Edge {
  from: string;
  to: string;
  role: string;
  along: string[]; // keys of spots, from both ends' on
}

export interface Layout {
  layers: Spot[][];
  edges: Edge[];
}

function layersOf(nodes: LayoutNode[]): Map<string, number> {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const layerOf = new Map<string, number>();
  const under = new Set<string>(); // against rings, which a ledger cannot hold, but a damaged one might
  const place = (id: string): number => {
    const done = layerOf.get(id);
    if (done !== undefined) return done;
    if (under.has(id)) return -1;
    under.add(id);
    const layer =
      1 +
      Math.max(
        -1,
        ...known
          .get(id)!
          .inputs.filter((input) => known.has(input.id))
          .map((input) => place(input.id)),
      );
    under.delete(id);
    layerOf.set(id, layer);
    return layer;
  };
  for (const node of nodes) place(node.id);
  return layerOf;
}

// Sweeps to and fro: each spot goes to the mean place of its neighbours.
function untangle(layers: Spot[][], links: [string, string][]): void {
  const rows = new Map<string, number>();
  const count = (layer: Spot[]): void => layer.forEach((spot, row) => rows.set(spot.key, row - (layer.length - 1) / 2));
  layers.forEach(count);
  const near = new Map<string, { back: string[]; on: string[] }>();
  const of = (key: string) => near.get(key) ?? near.set(key, { back: [], on: [] }).get(key)!;
  for (const [from, to] of links) {
    of(from).on.push(to);
    of(to).back.push(from);
  }
  for (let sweep = 0; sweep < 6; ++sweep) {
    const back = sweep % 2 === 0;
    for (const layer of back ? layers : [...layers].reverse()) {
      const wish = new Map(
        layer.map((spot) => {
          const others = (back ? of(spot.key).back : of(spot.key).on).map((key) => rows.get(key)!);
          return [
            spot.key,
            others.length === 0 ? rows.get(spot.key)! : others.reduce((a, b) => a + b, 0) / others.length,
          ];
        }),
      );
      layer.sort(
        (a, b) =>
          wish.get(a.key)! - wish.get(b.key)! || Number(a.passes) - Number(b.passes) || (a.key < b.key ? -1 : 1),
      );
      count(layer);
    }
  }
}

export function layOut(nodes: LayoutNode[]): Layout {
  const layerOf = layersOf(nodes);
  const layers: Spot[][] = Array.from({ length: Math.max(-1, ...layerOf.values()) + 1 }, () => []);
  for (const node of [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1)))
    layers[layerOf.get(node.id)!]!.push({ key: node.id, id: node.id, passes: false });
  const links = new Map<string, [string, string]>();
  const edges: Edge[] = [];
  for (const node of nodes) {
    for (const { role, id } of node.inputs) {
      if (!layerOf.has(id) || id === node.id) continue;
      const along = [id];
      for (let layer = layerOf.get(id)! + 1; layer < layerOf.get(node.id)!; ++layer) {
        const key = `${id} ${layer}`;
        if (!layers[layer]!.some((spot) => spot.key === key)) layers[layer]!.push({ key, id, passes: true });
        along.push(key);
      }
      along.push(node.id);
      along.slice(1).forEach((to, at) => links.set(`${along[at]} ${to}`, [along[at]!, to]));
      edges.push({ from: id, to: node.id, role, along });
    }
  }
  untangle(layers, [...links.values()]);
  return { layers, edges };
}
