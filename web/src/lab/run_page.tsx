// One run: its curves, which grow while it trains.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { artifacts, metrics, type MetricsPart } from '../api/lab';
import { Problem } from '../api/problem';
import { address, go } from '../state/route';
import { count, seconds } from '../views/format';
import { Icon } from '../views/icons';
import { Chart, type Line } from './chart';
import { columns, extend, latest, noCurves, type Axis, type Curves } from './curves';

const kEvery = 1500; // milliseconds between looks at a run under way

const charts: { title: string; lines: Line[]; log?: boolean }[] = [
  {
    title: 'Loss',
    lines: [
      { name: 'loss', label: 'training' },
      { name: 'valid_loss', label: 'validation', points: true },
    ],
  },
  { title: 'Learning rate', lines: [{ name: 'lr', label: 'AdamW' }] },
  { title: 'Speed', lines: [{ name: 'tokens_per_second', label: 'tokens/s' }] },
  { title: 'Gradient norm', lines: [{ name: 'grad_norm', label: 'before clipping' }] },
];

// The metrics of a run, from their start on and as they come.
function useMetrics(id: string): { curves: Curves; live: boolean; problem: string } {
  const [state, setState] = useState({ id, curves: noCurves(), live: false, problem: '' });
  const place = useRef({ next: 0, file: '' });
  useEffect(() => {
    place.current = { next: 0, file: '' };
    let timer: ReturnType<typeof setTimeout>;
    let gone = false;
    setState({ id, curves: noCurves(), live: false, problem: '' });
    const look = async (): Promise<void> => {
      try {
        let part: MetricsPart;
        do {
          part = await metrics(id, place.current.next, place.current.file);
          if (gone) return;
          place.current = { next: part.next, file: part.file };
          const { rows, from_start, finished } = part;
          setState((now) => ({
            id,
            curves: extend(from_start ? noCurves() : now.curves, rows),
            live: !finished,
            problem: '',
          }));
        } while (part.more);
        if (part.finished) return;
      } catch (error) {
        if (gone) return;
        // A stage that is done has become an artifact, which knows what its stage was called.
        const list = await artifacts('', '', 100).catch(() => null);
        const made = list?.data.find((one) => one.stage === id);
        if (gone) return;
        if (made) return go('lab', 'run', made.id);
        setState((now) => ({ ...now, live: false, problem: error instanceof Problem ? error.message : String(error) }));
      }
      timer = setTimeout(() => void look(), document.hidden ? kEvery * 4 : kEvery);
    };
    void look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [id]);
  return state;
}

export function RunPage({ id }: { id: string }) {
  const { curves, live, problem } = useMetrics(id);
  const [axis, setAxis] = useState<Axis>('step');
  const [log, setLog] = useState(false);
  const data = useMemo(
    () =>
      charts.map((chart) =>
        columns(
          curves,
          axis,
          chart.lines.map((line) => line.name),
        ),
      ),
    [curves, axis],
  );
  const facts: [string, string][] = [];
  const fact = (name: string, value: number | null, shown: (value: number) => string): void => {
    if (value !== null) facts.push([name, shown(value)]);
  };
  fact('Step', latest(curves, 'step'), String);
  fact('Tokens', latest(curves, 'tokens'), count);
  fact('Time', latest(curves, 'seconds'), seconds);
  fact('Loss', latest(curves, 'loss'), count);
  fact('Validation', latest(curves, 'valid_loss'), count);
  fact('Bits a byte', latest(curves, 'bits_per_byte'), count);
  fact('Of the peak', latest(curves, 'mfu'), (value) => `${(value * 100).toFixed(1)}%`);
  return (
    <div class="lab-page">
      <header class="lab-head">
        <a class="quiet" href={address('lab')} aria-label="Back to the runs">
          <Icon name="back" />
        </a>
        <h1>{id}</h1>
        {live && <span class="pill live">live</span>}
        {!live && !problem && curves.rows.length > 0 && (
          <a class="button" href={address('lab', 'artifact', id)}>
            Artifact and lineage
          </a>
        )}
      </header>
      {problem && (
        <p class="notice" role="alert">
          <span>{problem}</span>
        </p>
      )}
      <dl class="tiles">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="row tools-row">
        <label>
          Along{' '}
          <select value={axis} onChange={(event) => setAxis(event.currentTarget.value as Axis)}>
            <option value="step">steps</option>
            <option value="tokens">tokens</option>
            <option value="minutes">minutes</option>
          </select>
        </label>
        <label class="check">
          <input type="checkbox" checked={log} onChange={(event) => setLog(event.currentTarget.checked)} />{' '}
          <span>Loss on a logarithmic scale</span>
        </label>
        <span class="soft wide-only">Drag over a curve to look closer; a double click shows all of it.</span>
      </div>
      <div class="charts">
        {charts.map(
          (chart, at) =>
            data[at]!.slice(1).some((column) => column.some((value) => value !== null)) && (
              <Chart
                key={chart.title}
                title={chart.title}
                lines={chart.lines}
                data={data[at]!}
                xLabel={axis === 'minutes' ? 'minute' : axis}
                log={at === 0 && log}
              />
            ),
        )}
      </div>
      {curves.rows.length === 0 && !problem && <p class="soft">No step has been recorded yet.</p>}
      {curves.events.length > 0 && (
        <section>
          <h2>What the guard did</h2>
          <ul class="events">
            {curves.events.slice(-50).map((event, at) => (
              <li key={at}>{event.text}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
