// A lineage as a graph: what was used on the left, what was made of it on the right; on a narrow screen from top to bottom.
// Arrow keys go along the lines and within a layer.
import { useEffect, useRef, useState } from 'preact/hooks';
import { layOut, type Edge, type Spot } from './layout';

export interface GraphItem {
  id: string;
  kind: string;
  created?: string;
  problem?: string;
  made: boolean; // from the root
  inputs: { role: string; id: string }[];
}

const kWidth = 164,
  kHeight = 46,
  kAcross = 62,
  kBetween = 18,
  kPass = 6,
  kEdge = 6;

// Whether the screen is narrow, now and after it was turned.
function useNarrow(): boolean {
  const query = matchMedia('(max-width: 760px)');
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const look = (): void => setNarrow(query.matches);
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, []);
  return narrow;
}

export function Graph({
  nodes,
  root,
  picked,
  onPick,
}: {
  nodes: GraphItem[];
  root: string;
  picked: string;
  onPick?: (id: string) => void;
}) {
  const svg = useRef<SVGSVGElement>(null);
  const [focused, setFocused] = useState(root);
  const down = useNarrow();
  const { layers, edges } = layOut(nodes);
  // Along: from layer to layer. Side: within one, in the middle of the widest.
  const size = (spot: Spot): number => (spot.passes ? kPass : down ? kWidth : kHeight);
  const breadth = (layer: Spot[]): number => layer.reduce((sum, spot) => sum + size(spot) + kBetween, -kBetween);
  const widest = Math.max(0, ...layers.map(breadth));
  const thick = down ? kHeight : kWidth,
    gap = down ? kAcross * 0.7 : kAcross;
  const places = new Map<string, { layer: number; row: number; along: number; side: number }>();
  layers.forEach((layer, at) => {
    let side = kEdge + (widest - breadth(layer)) / 2;
    layer.forEach((spot, row) => {
      places.set(spot.key, { layer: at, row, along: kEdge + at * (thick + gap), side });
      side += size(spot) + kBetween;
    });
  });
  const length = layers.length * (thick + gap) - gap + 2 * kEdge;
  const [width, height] = down ? [widest + 2 * kEdge, length] : [length, widest + 2 * kEdge];
  const corner = (id: string): { x: number; y: number } => {
    const { along, side } = places.get(id)!;
    return down ? { x: side, y: along } : { x: along, y: side };
  };
  const line = (edge: Edge): string => {
    const point = (along: number, side: number): string => (down ? `${side} ${along}` : `${along} ${side}`);
    const middle = (key: string): number =>
      places.get(key)!.side + (key === edge.from || key === edge.to ? (down ? kWidth : kHeight) : kPass) / 2;
    let text = `M${point(places.get(edge.from)!.along + thick, middle(edge.from))}`;
    edge.along.slice(1).forEach((key, at) => {
      const before = edge.along[at]!;
      const from = places.get(before)!.along + thick,
        to = places.get(key)!.along;
      text += `C${point((from + to) / 2, middle(before))} ${point((from + to) / 2, middle(key))} ${point(to, middle(key))}`;
      if (key !== edge.to) text += `L${point(to + thick, middle(key))}`;
    });
    return text;
  };
  const beside = (layer: number, row: number, by: number): string | undefined => {
    for (let at = row + by; layers[layer]![at]; at += by)
      if (!layers[layer]![at]!.passes) return layers[layer]![at]!.id;
    return undefined;
  };
  const focus = (id: string | undefined): void => {
    if (id === undefined) return;
    setFocused(id);
    svg.current?.querySelector<SVGGElement>(`[data-id="${CSS.escape(id)}"]`)?.focus();
  };
  const onKey = (event: KeyboardEvent, id: string): void => {
    const { layer, row } = places.get(id)!;
    const [back, on, before, after] = down
      ? ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']
      : ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];
    if (event.key === back) focus(edges.find((edge) => edge.to === id)?.from);
    else if (event.key === on) focus(edges.find((edge) => edge.from === id)?.to);
    else if (event.key === before) focus(beside(layer, row, -1));
    else if (event.key === after) focus(beside(layer, row, 1));
    else if (event.key === 'Enter' || event.key === ' ') onPick?.(id);
    else return;
    event.preventDefault();
  };
  const reachable = nodes.some((node) => node.id === focused) ? focused : nodes[0]?.id;
  return (
    <div class="graph">
      <svg
        ref={svg}
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="group"
        aria-label={`Lineage of ${root}: ${nodes.length} artifacts. Arrow keys go along the lines.`}
      >
        <g class="edges" aria-hidden="true">
          {edges.map((edge) => (
            <path
              key={`${edge.from} ${edge.to}`}
              d={line(edge)}
              class={edge.from === picked || edge.to === picked ? 'near' : undefined}
            />
          ))}
        </g>
        {nodes.map((node) => {
          const { x, y } = corner(node.id);
          const roles = edges
            .filter((edge) => edge.to === node.id)
            .map((edge) => `${edge.role} ${edge.from}`)
            .join(', ');
          return (
            <g
              key={node.id}
              data-id={node.id}
              data-kind={node.kind}
              transform={`translate(${x} ${y})`}
              tabindex={node.id === reachable ? 0 : -1}
              role={onPick ? 'button' : 'img'}
              aria-pressed={onPick ? node.id === picked : undefined}
              aria-label={`${node.id}${node.problem ? ', damaged' : ''}${roles ? `, made from ${roles}` : ''}`}
              class={`node${node.id === root ? ' root' : ''}${node.id === picked ? ' picked' : ''}${node.made ? ' made' : ''}${node.problem ? ' broken' : ''}`}
              onClick={() => {
                setFocused(node.id);
                onPick?.(node.id);
              }}
              onKeyDown={(event) => onKey(event, node.id)}
            >
              <rect width={kWidth} height={kHeight} rx="8" />
              <text class="kind" x="12" y="19">
                {node.problem ? `${node.kind}: damaged` : node.kind}
              </text>
              <text class="digits" x="12" y="36">
                {node.id.slice(node.kind.length + 1)}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
