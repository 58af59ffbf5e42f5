// One chart of uPlot, in the page's colours.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { useStore } from '../state/store';
import { theme } from '../state/theme';
import { count } from '../views/format';

export interface Line {
  name: string;
  label: string;
  points?: boolean; // few values: drawn with dots, joined over gaps
}

const kHeight = 220;
const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function Chart({
  title,
  lines,
  data,
  xLabel,
  log = false,
}: {
  title: string;
  lines: Line[];
  data: (number | null)[][];
  xLabel: string;
  log?: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const wanted = useStore(theme);
  const [dark, setDark] = useState(false); // redraws when the system's colours change
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const look = (): void => setDark(query.matches);
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, []);
  useEffect(() => {
    const element = box.current!;
    const axis = {
      stroke: colour('soft'),
      grid: { stroke: colour('line'), width: 1 },
      ticks: { stroke: colour('line'), width: 1 },
      font: '12px system-ui, sans-serif',
    };
    const values = (_: uPlot, splits: number[]): string[] => splits.map((value) => (value == null ? '' : count(value)));
    plot.current = new uPlot(
      {
        width: element.clientWidth,
        height: kHeight,
        legend: { show: false },
        cursor: { y: false, drag: { x: true, y: false, setScale: true } },
        scales: { x: { time: false }, y: { distr: log ? 3 : 1 } },
        axes: [
          { ...axis, values, size: 36 },
          { ...axis, values, size: 58 },
        ],
        series: [
          {},
          ...lines.map((line, index) => ({
            label: line.label,
            stroke: colour(`line-${index + 1}`),
            width: 1.75,
            spanGaps: true,
            points: { show: line.points === true, size: 6, fill: colour('raised') },
          })),
        ],
        hooks: { setCursor: [(self) => setAt(self.cursor.idx ?? null)] },
      },
      data as uPlot.AlignedData,
      element,
    );
    const sizes = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: kHeight }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [wanted, dark, log, lines.map((line) => line.name).join()]);
  // What comes while somebody looks closer at a part does not take them away from it.
  useEffect(() => {
    const self = plot.current;
    if (!self) return;
    const before = self.data[0];
    const { min, max } = self.scales['x']!;
    const closer =
      before.length > 0 && min != null && max != null && (min > before[0]! || max < before[before.length - 1]!);
    self.setData(data as uPlot.AlignedData, !closer);
    if (closer) self.redraw();
  }, [data]);
  const shown = at ?? (data[0]?.length ?? 0) - 1;
  const value = (column: number): string => {
    for (let row = shown; row >= 0; --row) {
      const found = data[column + 1]?.[row];
      if (found != null) return count(found);
      if (at !== null && !lines[column]!.points) break;
    }
    return '–';
  };
  return (
    <figure
      class="chart"
      role="group"
      aria-label={`${title}: ${lines.map((line, column) => `${line.label} ${value(column)}`).join(', ')} at ${xLabel} ${data[0]?.[shown] ?? '–'}`}
    >
      <figcaption>
        <h3>{title}</h3>
        <span class="legend">
          {lines.map((line, column) => (
            <span key={line.name}>
              <i data-line={column + 1} />
              {line.label} <b>{value(column)}</b>
            </span>
          ))}
          <span class="soft">
            {xLabel} {data[0]?.[shown] == null ? '–' : count(data[0]![shown]!)}
          </span>
        </span>
      </figcaption>
      <div ref={box} class="plot" />
    </figure>
  );
}
